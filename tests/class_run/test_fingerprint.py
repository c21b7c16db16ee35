"""What is in the key of a verdict: all that decides one, and nothing else."""

from __future__ import annotations

import ast
import shutil
from pathlib import Path

import pytest
from support.handins import ROOT

from i2dl_course.class_run import fingerprint

SRC = ROOT / "src" / "i2dl_course"
START = "class_run/grading_process.py"
# What the grading process imports and is not in the key all the same, with the reason.
DECIDES_NOTHING = {
    "class_run/grading_process.py": "carries hand-ins in and results out",
    "sandbox/scratch.py": "makes an empty folder, and removes it",
    "class_run/fingerprint.py": "makes the key itself, and equal keys only by doing the same",
}


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """The package without what running it leaves."""
    folder = tmp_path_factory.mktemp("package") / "i2dl_course"
    return Path(shutil.copytree(SRC, folder, ignore=shutil.ignore_patterns("__pycache__")))


def digest(package):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fingerprint, "_OUR_PACKAGE", package)
        return fingerprint.versions.__wrapped__()["i2dl_course"]


def names_below(package):
    return {path.relative_to(package).as_posix() for path in package.rglob("*") if path.is_file()}


def imported(start):
    """All modules of ours that `start` imports, at its top or inside a function, as files."""
    found, waiting = set(), [start]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        for node in ast.walk(ast.parse((SRC / name).read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                modules = [node.module, *(f"{node.module}.{one.name}" for one in node.names)]
            elif isinstance(node, ast.Import):
                modules = [one.name for one in node.names]
            else:
                continue
            for module in modules:
                package, _, rest = module.partition(".")
                if package == "i2dl_course":
                    path = rest.replace(".", "/")
                    waiting += [
                        file
                        for file in (f"{path}.py", f"{path}/__init__.py")
                        if (SRC / file).is_file()
                    ]
    return found


SHOWS_WHAT_IS_RECORDED = ("charts", "class", "door", "formgrader", "grade_sheets")


def test_what_the_grading_process_imports_decides_or_has_a_reason():
    reached = {name for name in imported(START) if not name.endswith("__init__.py")}
    assert reached - set(fingerprint.DECIDING) == set(DECIDES_NOTHING)


def test_what_runs_beside_a_students_code_and_what_makes_pages_of_feedback_decides():
    for folder in ("inside", "reporting"):
        files = {name for name in names_below(SRC / folder) if "__" not in name}
        files = {name for name in files if not name.startswith(SHOWS_WHAT_IS_RECORDED)}
        assert {f"{folder}/{name}" for name in files} <= set(fingerprint.DECIDING)


def test_nothing_is_in_the_key_that_could_not_decide():
    reached = imported(START)
    assert {
        name
        for name in fingerprint.DECIDING
        if name not in reached
        # and what no module imports, because it is run as a program or is a template
        and not name.startswith(("inside/", "reporting/", "sandbox/keeper.py"))
    } == set()


def test_the_key_changes_with_each_file_that_decides_and_with_no_other(copy):
    before = digest(copy)
    assert before == fingerprint.versions()["i2dl_course"]
    changing = set()
    for name in names_below(copy):
        content = (copy / name).read_bytes()
        (copy / name).write_bytes(content + b"\n")
        if digest(copy) != before:
            changing.add(name)
        (copy / name).write_bytes(content)
    assert changing == set(fingerprint.DECIDING)
    assert {"commands/grade.py", "samples/demo.py", "commands/tables.py"} <= names_below(copy)
    assert digest(copy) == before
