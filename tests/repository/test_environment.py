"""The lock, the conda environment, the make targets and the hooks fit together."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import subprocess
import sys
import tomllib

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version
from support.repository_files import requirements

LOCKS = ("requirements", "requirements-student", "requirements-site")
LOCKED = re.compile(r"[A-Za-z0-9][\w.-]*==[\w.!+]+(?: ; .+)?")


def entries(text):
    """The lines of a requirements file without comments and empty lines."""
    lines = (line.split("#")[0].strip() for line in text.splitlines())
    return [line for line in lines if line]


def packages(root, lock):
    """Canonical name to the requirement of each package in a lock."""
    found = requirements(root / f"{lock}.lock")
    return {canonicalize_name(requirement.name): requirement for requirement in found}


@pytest.fixture(scope="module")
def locked(root):
    return packages(root, "requirements")


@pytest.fixture(scope="module")
def student(root):
    return packages(root, "requirements-student")


@pytest.fixture(scope="module")
def site(root):
    found = packages(root, "requirements-site")
    for name in found:
        try:
            importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            pytest.skip(f"{name} is not installed here: make site")
    return found


def pin(requirement):
    (specifier,) = requirement.specifier
    return Version(specifier.version)


@pytest.mark.parametrize("lock", LOCKS)
def test_every_line_of_a_lock_has_an_exact_version(root, lock):
    loose = [
        line for line in entries((root / f"{lock}.lock").read_text()) if not LOCKED.fullmatch(line)
    ]
    assert loose == [], "pin each with name==version: no address, hash, option or path"


def test_the_lock_asks_for_no_later_python_than_the_readme_names(root, locked):
    """Debian 12 has 3.11.2: what asks for a later one stops `make setup` in pip's own words."""
    assert "with Python 3.11 or newer" in (root / "README.md").read_text(encoding="utf-8")
    asked = {
        name: importlib.metadata.metadata(name).get("Requires-Python", "")
        for name, requirement in locked.items()
        if not requirement.marker or requirement.marker.evaluate()
    }
    assert {
        name: specifier
        for name, specifier in asked.items()
        if "3.11.0" not in SpecifierSet(specifier)
    } == {}


def test_the_lock_forgets_nothing_that_is_asked_for(root, locked):
    project = tomllib.loads((root / "pyproject.toml").read_text())
    wanted = [
        *requirements(root / "requirements.in"),
        *map(Requirement, project["project"]["dependencies"]),
        *map(Requirement, project["build-system"]["requires"]),
    ]
    for requirement in wanted:
        found = locked.get(canonicalize_name(requirement.name))
        assert found is not None, f"{requirement.name} is not in requirements.lock: make lock"
        assert requirement.specifier.contains(pin(found)), f"the lock has {found}: make lock"


@pytest.mark.parametrize("lock", ["requirements-student", "requirements-site"])
def test_a_smaller_lock_has_what_it_is_asked_for_in_the_versions_of_the_large_one(
    root, locked, lock
):
    found = packages(root, lock)
    for requirement in requirements(root / f"{lock}.in"):
        pinned = found.get(canonicalize_name(requirement.name))
        assert pinned is not None, f"{requirement.name} is not in {lock}.lock: make lock"
        assert requirement.specifier.contains(pin(pinned)), f"{lock}.lock has {pinned}: make lock"
    differs = {name for name, pinned in found.items() if name in locked and pinned != locked[name]}
    assert differs == set(), "make lock"


def test_a_student_needs_nothing_that_the_class_has_not(locked, student):
    assert student.keys() <= locked.keys()


def test_the_large_lock_and_what_sites_need_do_not_overlap(root, locked):
    assert not locked.keys() & packages(root, "requirements-site").keys()


def test_a_student_installs_fewer_than_45_packages_beside_those_of_jupyterlab(student):
    wanted = needed_by([student["jupyterlab"]])
    beside = student.keys() - wanted
    assert {"numpy", "pandas", "matplotlib", "nbgrader"} <= beside
    assert len(beside) < 45


# What src/ needs and names in no import statement, and where.
WITHOUT_AN_IMPORT = {
    "pandas": "inside/shell.py rehearses what a notebook does",
    "psycopg": "SQLAlchemy finds it by the gradebook's address",
    "tzdata": "zoneinfo looks for it",
}


# What only one file imports, when it is asked to: not everybody who grades has it.
ON_REQUEST = {
    "copydetect": "class_run/alike.py, which says so where it is missing",
    "jupyterhub": "service/hub.py, in the environment of a hub's service",
}


def test_the_package_depends_on_what_it_imports_and_on_nothing_else(root):
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    dependencies = {Requirement(entry).name for entry in project["dependencies"]}
    provided_by = importlib.metadata.packages_distributions()
    inside = {file.stem for file in (root / "src" / "i2dl_course" / "inside").glob("*.py")}
    modules = set().union(*(imports(file) for file in (root / "src").rglob("*.py")))
    modules -= {"exercise_code", "i2dl_course", *inside, *sys.stdlib_module_names}
    imported = {name for module in modules for name in provided_by.get(module, [module])}
    needed = (imported | set(WITHOUT_AN_IMPORT)) - set(ON_REQUEST)
    assert {*map(canonicalize_name, dependencies)} == {*map(canonicalize_name, needed)}


def test_the_package_and_the_environment_ask_for_the_same(root):
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    asked = {
        canonicalize_name(requirement.name): requirement
        for requirement in requirements(root / "requirements.in")
    }
    for dependency in map(Requirement, project["dependencies"]):
        wanted = asked[canonicalize_name(dependency.name)]
        assert (wanted.extras, wanted.marker) == (dependency.extras, dependency.marker)
        lowest = [one.version for one in wanted.specifier if one.operator == ">="]
        # The oldest version that the environment may choose is one that the package can do with.
        assert all(map(dependency.specifier.contains, lowest)), f"{dependency}, but {wanted}"


def test_what_we_import_is_asked_for_and_not_there_by_luck(root):
    asked = {
        name: {canonicalize_name(one.name) for one in requirements(root / f"{name}.in")}
        for name in ("requirements", "requirements-site")
    }
    # Grading a class is done without what only browsers and websites need.
    asked["requirements-site"] |= asked["requirements"]
    provided_by = importlib.metadata.packages_distributions()
    ours = {"attacks", "benchmarks", "exercise_code", "i2dl_course", "support", "website"}
    ours |= {file.stem for file in (root / "tests").glob("*.py")}
    by_luck = {}
    for folder in ("src", "tests", "benchmarks", "exercise_code", "website"):
        for file in sorted((root / folder).rglob("*.py")):
            beside = {sibling.stem for sibling in file.parent.glob("*.py")}  # run as a script
            for module in imports(file) - ours - beside - set(sys.stdlib_module_names):
                distributions = map(canonicalize_name, provided_by.get(module, [module]))
                on_request = folder in ("tests", "website") or module in ON_REQUEST
                group = "requirements-site" if on_request else "requirements"
                if not asked[group].intersection(distributions):
                    by_luck[module] = file.name
    assert by_luck == {}, "give each a line in requirements.in, with its reason"


def imports(file):
    """The top-level names of the modules that a file imports."""
    names = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module.split(".")[0])
    return names


def needed_by(requirements):
    """Canonical names of all that is installed here because of these, themselves included."""
    seen = set()
    todo = [(canonicalize_name(one.name), extra) for one in requirements for extra in extras(one)]
    while todo:
        name, extra = todo.pop()
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        for needed in map(Requirement, importlib.metadata.requires(name) or []):
            if not needed.marker or needed.marker.evaluate({"extra": extra}):
                todo += [(canonicalize_name(needed.name), more) for more in extras(needed)]
    return {name for name, _ in seen}


def extras(requirement):
    return ("", *requirement.extras)


def test_no_package_comes_unpinned_because_another_asks_for_it(locked):
    assert needed_by(locked.values()) - locked.keys() == set()


def test_no_package_of_a_student_comes_unpinned(student):
    assert needed_by(student.values()) - student.keys() == set()


def test_no_package_for_browsers_and_websites_comes_unpinned(locked, site):
    assert needed_by(site.values()) - site.keys() - locked.keys() == set()


@pytest.mark.parametrize("lock", ["locked", "site"])
def test_these_tests_prove_the_versions_of_the_locks_and_no_others(request, lock):
    differs = {
        name: importlib.metadata.version(name)
        for name, requirement in request.getfixturevalue(lock).items()
        if (requirement.marker is None or requirement.marker.evaluate())
        and Version(importlib.metadata.version(name)) != pin(requirement)
    }
    assert differs == {}, "this environment is not that of the locks: make site"


@pytest.mark.parametrize("lock", LOCKS)
def test_every_request_says_why(root, lock):
    lines = [line for line in (root / f"{lock}.in").read_text().splitlines() if line]
    assert [line for line in lines if not re.search(r"#\s+\S", line)] == []


def test_conda_and_binder_install_the_lock_on_a_python_that_is_supported(root):
    environment = yaml.safe_load((root / "environment.yml").read_text())
    *packages, from_pip = environment["dependencies"]
    assert from_pip == {"pip": ["-r requirements.lock"]}
    assert "pip" in packages
    pinned = [package for package in packages if re.fullmatch(r"python=3\.\d+", package)]
    assert len(pinned) == 1, "an unpinned Python changes under the course"
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    supported = Requirement(f"python{project['requires-python']}").specifier
    assert supported.contains(pinned[0].removeprefix("python="))


def test_every_line_of_the_conda_environment_says_what_it_is_for(root):
    lines = (root / "environment.yml").read_text().splitlines()
    assert [line for line in lines if line.strip() and not re.search(r"#\s+\S", line)] == []


def test_no_folder_of_its_own_keeps_binder_from_the_environment(root):
    assert not (root / "binder").exists() and not (root / ".binder").exists()


def test_every_make_target_that_runs_something_makes_the_environment_first(root):
    makefile = (root / "Makefile").read_text()
    rules = re.findall(r"^([a-z]+):([^#\n:=]*)##.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    assert {"setup", "demo", "test", "lab", "build", "lint", "lock", "clean"} <= {
        target for target, _, _ in rules
    }
    late = [
        target
        for target, needs, recipe in rules
        if "$(BIN)" in recipe and not {"setup", "site"} & set(needs.split())
    ]
    assert late == []


def test_ci_runs_what_everybody_runs(root):
    script = root / ".ci" / "run"
    commands = [line for line in script.read_text().splitlines() if line and line[0] != "#"]
    assert any(line.endswith("make test") for line in commands)
    assert not any("pytest" in line or "pip " in line for line in commands)


@pytest.mark.parametrize("script", ["scripts/setup", "scripts/lock", "scripts/debian-packages"])
def test_scripts_are_valid_shell(root, script):
    shell = (root / script).read_text().splitlines()[0].split("/")[-1].split()[-1]
    subprocess.run([shell, "-n", script], cwd=root, check=True)


def test_setup_refuses_a_python_that_is_too_old_in_one_sentence(root, tmp_path):
    (tmp_path / "scripts").mkdir()
    script = tmp_path / "scripts" / "setup"
    script.write_text((root / "scripts" / "setup").read_text())
    old = tmp_path / "old-python"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    result = subprocess.run(
        ["sh", script],
        env={"PYTHON": str(old), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 2
    assert result.stdout == ""
    (sentence,) = result.stderr.splitlines()
    assert sentence.startswith(f"setup: {old} ") and "3.11" in sentence
    assert not (tmp_path / ".venv").exists()


def test_commit_hooks_need_no_network(root):
    hooks = yaml.safe_load((root / ".pre-commit-config.yaml").read_text())
    assert [repository["repo"] for repository in hooks["repos"]] == ["local"]
    for hook in hooks["repos"][0]["hooks"]:
        assert hook["language"] == "system", hook["id"]
        command = hook["entry"].split()[0]
        assert command.startswith(".venv/bin/"), hook["id"]
