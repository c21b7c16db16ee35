# The commands of this repository; `make` alone lists them. What needs the environment calls setup first,
# and setup returns at once while .venv is newer than requirements.lock and pyproject.toml.

# Which Python .venv is made with: by default scripts/setup takes the first it finds that is 3.11 or newer.
PYTHON ?=
# More arguments for a command: make test ARGS="-k deadline", make demo ARGS="--help"
ARGS ?=
JUPYTERHUB ?= 5.5.4
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help setup site docs demo test places hub lab build check lint lock benchmarks clean

help:  ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

setup:  ## make .venv from requirements.lock, with the course command in it
	@PYTHON='$(PYTHON)' sh scripts/setup

site: setup  ## add to .venv what only tests in a browser and websites need
	@PYTHON='$(PYTHON)' sh scripts/setup site

docs: site  ## make a site of the documentation and the notebooks, in docs/_build
	@$(BIN)/python -m website $(ARGS)

demo: setup  ## grade a class of sample hand-ins with the real nbgrader commands
	@$(BIN)/course demo $(ARGS)

# One file stays in one process, so that a pipeline run is made once and shared by the tests of its file.
test: site  ## run all tests
	@$(BIN)/python -m pytest -n logical --dist loadfile $(ARGS)

places: site  ## install what is published in environments of its own, and try it; asks a package registry
	@$(BIN)/python -m pytest -m network $(ARGS)

# The mark of `make site` goes first and comes last, so that one that is broken off puts the lock's version back, too.
hub: site  ## run the tests of a hub with another JupyterHub: make hub JUPYTERHUB=5.5.4
	@rm -f .venv/.site
	@$(BIN)/python -m pip install -qq --disable-pip-version-check jupyterhub==$(JUPYTERHUB)
	@$(BIN)/python -m pytest tests/hub $(ARGS); code=$$?; sh scripts/setup site && exit $$code

lab: setup  ## open JupyterLab
	@$(BIN)/jupyter lab $(ARGS)

build: setup  ## write source/ and release/ from notebooks/ and exercise_code/
	@$(BIN)/course build $(ARGS)

check: setup  ## say what in source/ and release/ is older than what it is made from
	@$(BIN)/course build --check $(ARGS)

lint: setup  ## look for mistakes in code, layout, imports, types, spelling and solution markers
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check -q .
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/codespell
	@$(BIN)/course check-markers

# Made with the oldest Python that is supported, so that every version in the lock exists for it.
lock: PYTHON := $(or $(PYTHON),python3.11)
lock:  ## choose the newest versions that each requirements*.in allows, and write its .lock
	@sh scripts/lock '$(PYTHON)' $(ARGS)

benchmarks: setup  ## measure what grading costs, against stock nbgrader; ARGS=--quick for ten minutes
	@$(BIN)/python -m benchmarks $(ARGS)

clean:  ## remove .venv, caches and everything a run leaves behind; hand-ins and gradebook stay
	@rm -rf .venv .pytest_cache .ruff_cache .mypy_cache .import_linter_cache .hypothesis demo docs/_build
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
