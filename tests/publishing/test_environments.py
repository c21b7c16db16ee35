"""The environments that students make: what is published is installed from nothing, and then works.

These tests ask a package registry, so the plain suite leaves them out: `make places`.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.environments import interpreter, run, uv_command
from support.repository_files import requirements

from i2dl_course.manifest import load
from i2dl_course.publishing import folder
from i2dl_course.publishing.change import Allowed
from i2dl_course.publishing.tree import student_tree
from i2dl_course.samples import variants

pytestmark = pytest.mark.network

# What the exercise itself is written in; the rest of the student lock is where it is worked on.
LIBRARIES = ("numpy", "pandas", "matplotlib")
# Grammar that came after the Python that judges, one for each file that is handed in.
NEWER = ("type Layer = tuple", "LABEL = f'{__doc__.replace('a', 'b')}'")
# Run by the environment's own Python, in the folder of the notebooks.
RUN = """
import json, sys
import nbformat
from nbclient import NotebookClient

found = {}
for name in sys.argv[1:]:
    notebook = nbformat.read(name, 4)
    NotebookClient(notebook, allow_errors=True, timeout=600).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    found[name] = {
        "errors": sorted({o.ename for o in outputs if o.output_type == "error"}),
        "warnings": [o.text for o in outputs if o.get("name") == "stderr"],
        "said": "".join(o.text for o in outputs if o.get("name") == "stdout"),
    }
json.dump(found, sys.stdout)
"""


@pytest.fixture(scope="module")
def uv(tmp_path_factory):
    return uv_command(tmp_path_factory.mktemp("asked"))


@pytest.fixture
def place(root, tmp_path):
    """The student tree, published to a folder."""
    place, tree = tmp_path / "exercise-5", student_tree(load(root))
    folder.write(place, tree, folder.change_in(place, tree, Allowed()))
    return place


def solve(root, place):
    for name, text in variants.reference(load(root)).files.items():
        (place / "exercise_05" / name).write_text(text)


def runs(python, place, pattern="*.ipynb"):
    """How each notebook, or those whose names are so, runs in an environment."""
    here = place / "exercise_05"
    names = sorted(path.name for path in here.glob(pattern))
    env = {**os.environ, "PATH": f"{Path(python).parent}{os.pathsep}{os.environ['PATH']}"}
    return json.loads(run(python, "-c", RUN, *names, cwd=here, env=env))


def require_works(python, root, place):
    """As handed out only placeholders are in the way; with the reference nothing is."""
    for name, found in runs(python, place).items():
        # A cell below a placeholder misses the names that it would have made.
        assert set(found["errors"]) - {"NameError"} == {"NotImplementedError"}, name
        assert "✓ The data and the given code work here." in found["said"]
    solve(root, place)
    for name, found in runs(python, place).items():
        assert (found["errors"], found["warnings"]) == ([], []), name
    assert (place / "exercise_05" / "exercise_05.zip").is_file()


def require_tells_newer_grammar(python, root, place):
    """The notebook refuses what the server could not read, where this Python takes it, too."""
    course = load(root)
    for name, line in zip(course.handin.files, NEWER, strict=True):
        with (place / "exercise_05" / name).open("a") as file:
            file.write(f"\n\n{line}\n")
    (found,) = runs(python, place, course.handin.graded_notebook).values()
    said = " ".join(found["said"].split())
    for name in course.handin.files:
        assert re.search(rf"{name} is not valid Python 3\.11: .*, line \d+", said), said
    assert " 0 of 100 points" in said


def test_pip_installs_the_tree_s_environment_from_nothing(uv, root, place, tmp_path):
    """What conda and Binder do after they have Python: pip, then postBuild."""
    run(sys.executable, "-m", "venv", tmp_path / "venv")
    python = tmp_path / "venv" / "bin" / "python"
    run(python, "-m", "pip", "install", "-qq", "-r", "requirements.txt", cwd=place)
    run(python, "postBuild", cwd=place)
    listed = subprocess.run(
        [python, "-m", "jupyterlab.labextensions", "list"], capture_output=True, text=True
    )
    for panel in ("formgrader", "create-assignment", "course-list"):
        assert f"@jupyter/nbgrader:{panel}" in listed.stderr.split("Disabled extensions")[-1]
    require_works(python, root, place)


def test_uv_sync_and_uv_run_do_what_students_are_told(uv, root, place):
    """The commands of docs/students.md, with the Python that is here."""
    said = (place / "students.md").read_text()
    commands = [line.split()[1:] for line in said.splitlines() if line.startswith("uv ")]
    assert [command[0] for command in commands] == ["venv", "pip", "run", "run"]
    env = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
    for command in commands:
        if command[-2:] == ["jupyter", "lab"]:
            command = [*command, "--version"]
        run(uv, *command, cwd=place, env=env)
    assert "4." in run(place / ".venv" / "bin" / "jupyter-lab", "--version")
    solve(root, place)
    said = run(uv, "run", "--no-project", "--directory", "exercise_05", "python", "-m",
               "exercise_code.tests", cwd=place, env=env)  # fmt: skip
    assert "100 of 100 points" in said


@pytest.mark.parametrize("resolution", ["lowest-direct", "highest"])
@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
def test_the_exercise_works_with_the_oldest_and_the_newest_libraries_of_its_ranges(
    uv, root, place, tmp_path, version, resolution
):
    """As on Colab, whose versions are its own."""
    asked = [
        str(one) for one in requirements(root / "requirements-student.in") if one.name in LIBRARIES
    ]
    assert len(asked) == len(LIBRARIES)
    python = tmp_path / "venv" / "bin" / "python"
    run(uv, "venv", "--python", interpreter(version), tmp_path / "venv")
    install = [uv, "pip", "install", "--python", python, "--only-binary=:all:"]
    run(*install, "--resolution", resolution, *asked)
    run(*install, "ipykernel", "nbclient")
    require_works(python, root, place)
    if resolution == "highest":  # grammar is the interpreter's, not the libraries'
        require_tells_newer_grammar(python, root, place)
