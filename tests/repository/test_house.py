"""The rooms of src/ keep to what they may touch, and the linter that holds them to it sees all."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

# For each contract of pyproject.toml, an import that breaks it: file below i2dl_course, line.
VIOLATIONS = {
    "Each room knows only the rooms below it": (
        "manifest.py",
        "from i2dl_course.sandbox import choice",
    ),
    "Nobody imports commands": (
        "samples/demo.py",
        "from i2dl_course.commands.stages import Stages",
    ),
    "Nobody but commands imports samples": (
        "class_run/run.py",
        "import i2dl_course.samples.personas",
    ),
    "Only commands know a terminal": ("samples/demo.py", "from rich.table import Table"),
    "Only nbgrader_side and records import nbgrader": (
        "authoring/notebooks.py",
        "from nbgrader.api import Gradebook",
    ),
    "Only nbgrader_side plugs into nbgrader": (
        "records/grades.py",
        "from nbconvert.preprocessors import Preprocessor",
    ),
    "Only records opens a database": ("nbgrader_side/readiness.py", "import sqlalchemy as sa"),
    "service decides no verdict and knows no terminal": (
        "service/judges.py",
        "from i2dl_course.judging.referee import Referee",
    ),
    "class_run knows no terminal": ("class_run/run.py", "import rich"),
    "judging knows no gradebook and no terminal": (
        "judging/assessor.py",
        "from i2dl_course.records.gradebook import Recorder",
    ),
    "reporting knows no gradebook and no terminal": (
        "reporting/page.py",
        "from i2dl_course.records import gradebook",
    ),
    "analysis knows data alone": ("analysis/figures.py", "import matplotlib"),
    "receiving knows no verdict and no gradebook": (
        "receiving/rules.py",
        "from i2dl_course.verdicts import Judgement",
    ),
    "handins knows no solution and no gradebook": (
        "handins/sanitise.py",
        "from i2dl_course.authoring.solutions import cut",
    ),
    "sandbox knows no hand-in": (
        "sandbox/process.py",
        "from i2dl_course.handins.opening import HandIn",
    ),
    "inside imports nothing of ours": (
        "inside/worker.py",
        "from i2dl_course.errors import CourseError",
    ),
    "publishing reads release/ alone": (
        "publishing/tree.py",
        "from i2dl_course.authoring import build",
    ),
}
# Run where the copy is the package that is found: each import is put into a function at the end of
# its file, the linter asked, and the file put back.
TRY_EACH = r"""
import contextlib, io, json, sys
from pathlib import Path
from importlinter.cli import lint_imports

def broken():
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        code = lint_imports(sys.argv[1], no_cache=True)
    names = [line.removesuffix(" BROKEN") for line in said.getvalue().splitlines()
             if line.endswith(" BROKEN")]
    assert bool(names) == bool(code), said.getvalue()
    return names

found = {"": broken()}
for contract, (name, line) in json.load(sys.stdin).items():
    file = Path("src/i2dl_course", name)
    before = file.read_text() if file.exists() else ""
    if not before:  # a room to come
        file.parent.mkdir()
        (file.parent / "__init__.py").touch()
    file.write_text(f"{before}\n\ndef late():\n    {line}\n")
    found[contract] = broken()
    file.write_text(before)
json.dump(found, sys.stdout)
"""


@pytest.fixture(scope="module")
def contracts(root):
    return tomllib.loads((root / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]


@pytest.fixture(scope="module")
def broken(root, tmp_path_factory):
    """The contracts that are broken by each violation, and under "" by src/ as it is."""
    scratch = tmp_path_factory.mktemp("house")
    shutil.copytree(root / "src", scratch / "src", ignore=shutil.ignore_patterns("__pycache__"))
    done = subprocess.run(
        [sys.executable, "-c", TRY_EACH, str(root / "pyproject.toml")],
        cwd=scratch,
        env={"PYTHONPATH": str(scratch / "src"), "COLUMNS": "200"},
        input=json.dumps(VIOLATIONS),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_every_room_keeps_every_contract(broken):
    assert broken[""] == []


def test_every_contract_is_seen_to_break(contracts):
    assert sorted(VIOLATIONS) == sorted(contract["name"] for contract in contracts)


@pytest.mark.parametrize("contract", VIOLATIONS)
def test_an_import_that_a_contract_forbids_breaks_it_even_inside_a_function(broken, contract):
    assert contract in broken[contract]


def test_beside_a_student_s_code_only_the_standard_library_numpy_and_ipython_are_imported(root):
    inside = root / "src" / "i2dl_course" / "inside"
    siblings = {file.stem for file in inside.glob("*.py")}  # found by their own names in there
    # traitlets: how IPython is configured. exercise_code: the checks that a student may import.
    allowed = {*sys.stdlib_module_names, *siblings, "numpy", "IPython", "traitlets"}
    found = {
        file.name: modules - allowed - {"exercise_code"}
        for file in inside.glob("*.py")
        if (modules := imported(file)) - allowed - {"exercise_code"}
    }
    assert found == {}


def imported(file: Path) -> set[str]:
    """The top-level names of what a file imports; "." for an import that is relative."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.add("." if node.level else str(node.module).split(".")[0])
    return names


def test_only_the_command_line_finds_our_modules_by_their_names_in_text(root):
    source = root / "src" / "i2dl_course"
    found = {
        (file.relative_to(source).as_posix(), node.value)
        for file in source.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch(r"i2dl_course(\.\w+)+", node.value)
    }
    of_the_verbs = {
        (file, name)
        for file, name in found
        if file == "cli.py" and name.startswith("i2dl_course.commands.")
    }
    assert of_the_verbs
    # The demo gives the command as anybody would, in a process of its own.
    assert found - of_the_verbs == {("samples/demo.py", "i2dl_course.cli")}
