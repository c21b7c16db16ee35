"""What Binder makes of the published tree, as far as that goes without a container engine."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from jsonschema.validators import validator_for

from i2dl_course.manifest import load
from i2dl_course.publishing import folder
from i2dl_course.publishing.change import Allowed
from i2dl_course.publishing.tree import student_tree

# What devContainer.base.schema.json of github.com/devcontainers/spec, and the schema for
# customizations in VS Code's own repository, say of what we use, in our words. The former refuses
# every property that it does not know; the latter lets settings and other editors be what they are.
TEXT = {"type": "string"}
EXTENSION = {"type": "string", "pattern": r"^[a-zA-Z0-9][a-zA-Z0-9-]*\.[a-zA-Z0-9][a-zA-Z0-9-]*$"}
EDITORS = {
    "vscode": {"extensions": {"type": "array", "items": EXTENSION}, "settings": {"type": "object"}},
    "codespaces": {"openFiles": {"type": "array", "items": TEXT}},
}
DEVCONTAINER = {
    "$schema": "https://json-schema.org/draft/2019-09/schema",
    "type": "object",
    "required": ["image"],
    "properties": {
        "name": TEXT,
        "image": TEXT,
        "postCreateCommand": {"type": ["string", "array", "object"]},
        "customizations": {
            "type": "object",
            "properties": {
                name: {"type": "object", "properties": known, "additionalProperties": False}
                for name, known in EDITORS.items()
            },
            "additionalProperties": False,
        },
    },
    "additionalProperties": False,
}
# A copy of the schema itself, which is not ours to hand out; docs/publishing.md says when it was
# last asked.
ITSELF = os.environ.get("I2DL_DEVCONTAINER_SCHEMA")


@pytest.fixture(scope="module")
def place(root, tmp_path_factory):
    """The student tree, published to a folder."""
    place, tree = tmp_path_factory.mktemp("published") / "exercise-5", student_tree(load(root))
    folder.write(place, tree, folder.change_in(place, tree, Allowed()))
    return place


@pytest.fixture(scope="module")
def dockerfile(place):
    """What repo2docker says of the tree, and the Dockerfile that it would build."""
    pytest.importorskip("repo2docker", reason="not installed here: make site")
    command = [sys.executable, "-m", "repo2docker", "--no-build", "--debug", str(place)]
    done = subprocess.run(command, cwd=place.parent, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_binder_takes_the_environment_and_its_python(place, dockerfile):
    environment = yaml.safe_load((place / "environment.yml").read_text())
    (python,) = [one for one in environment["dependencies"] if "python=" in one]
    assert f"Building conda environment for {python}" in dockerfile


def test_binder_installs_the_tree_before_it_runs_post_build(place, dockerfile):
    copied = dockerfile.index("COPY --chown=0:0 src/ ${REPO_DIR}/")
    installed = re.search(r'env update -p \S+ --file "environment\.yml"', dockerfile)
    assert installed and copied < installed.start() < dockerfile.index("RUN ./postBuild")
    # environment.yml names the lock by a path beside itself.
    assert (place / "requirements.txt").is_file()


def test_binder_finds_nothing_that_would_take_the_place_of_the_environment(place):
    for name in ("binder", ".binder", "Dockerfile", "setup.py", "Pipfile", "runtime.txt", "start"):
        assert not (place / name).exists()


def test_the_container_of_codespaces_keeps_to_the_schema(place):
    found = json.loads((place / ".devcontainer" / "devcontainer.json").read_text())
    for schema in (DEVCONTAINER, *([json.loads(Path(ITSELF).read_text())] if ITSELF else ())):
        validator = validator_for(schema)(schema)
        validator.validate(found)
        for spoilt in (
            {**found, "postCreateCommands": "true"},  # a name that it does not know
            {**found, "postCreateCommand": 1},
            {name: value for name, value in found.items() if name != "image"},
        ):
            assert not validator.is_valid(spoilt)


def test_the_container_of_codespaces_has_what_the_tree_has(place):
    found = json.loads((place / ".devcontainer" / "devcontainer.json").read_text())
    assert re.fullmatch(r"[\w./-]+:[\w.-]+", found["image"])
    editor = found["customizations"]["vscode"]
    recommended = json.loads((place / ".vscode" / "extensions.json").read_text())
    assert editor["extensions"] == recommended["recommendations"]
    assert "requirements.txt" in found["postCreateCommand"]
    assert "python postBuild" in found["postCreateCommand"]
    for opened in found["customizations"]["codespaces"]["openFiles"]:
        assert (place / opened).is_file()


def test_the_tree_can_be_installed_where_a_shell_gives_its_folder(place):
    """No file names another by a path that is right on one machine alone."""
    for path in Path(place).rglob("*"):
        if path.suffix in (".yml", ".txt", ".json", ".md") or path.name == "postBuild":
            assert not re.search(r"(?<![\w/])/(home|root|Users|tmp|work)/", path.read_text())
