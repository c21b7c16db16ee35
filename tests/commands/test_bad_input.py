"""Bad input of every kind, to every verb, gets one sentence: what, where and what to do."""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from datetime import datetime
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from support import bad_inputs
from support.small_course import make_course, write

from i2dl_course import cli
from i2dl_course.nbgrader_side.run import path_with_our_commands

LONGEST = 400  # characters of a sentence; the folder of a test is left out of account


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A small course that could be graded, with a gradebook and one hand-in."""
    root = tmp_path_factory.mktemp("bad_input") / "course"
    course = make_course(root)
    notebook = '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
    write(
        root,
        {
            **{f"source/ex/{name}.ipynb": notebook for name in course.exercise.notebooks},
            "submitted/anna/ex/1_graded.ipynb": notebook,
            "submitted/anna/ex/exercise_code/work.py": "def double(x):\n    return 2 * x\n",
        },
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", path_with_our_commands())  # nbgrader calls alembic
        _make_gradebook(course)
    return root


def _make_gradebook(course):
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}") as book:
        book.add_assignment("ex", duedate=datetime(2020, 5, 27, 22))
        for name in course.exercise.notebooks:
            book.add_notebook(name, "ex")
        for task in course.tasks:
            book.add_grade_cell(
                task.name, "1_graded", "ex", max_score=task.points, cell_type="code"
            )


@pytest.fixture
def root(template, tmp_path, monkeypatch):
    """A copy of the course, in which the command is given."""
    root = tmp_path / "course"
    shutil.copytree(template, root)
    monkeypatch.chdir(root)
    monkeypatch.setenv("PATH", os.environ["PATH"])
    monkeypatch.setattr(sys, "path", list(sys.path))
    return root


def say(arguments, capfd):
    """The exit code of a command, and what it has written to each output."""
    try:
        code = cli.main(arguments)
    except SystemExit as end:
        code = end.code
    return code, *capfd.readouterr()


def require_sentence(said: str, root: Path) -> None:
    """One line, which ends as a sentence does, is not too long and names nothing of ours."""
    assert "Traceback" not in said
    assert said.count("\n") == 1 and said.endswith(".\n"), said
    assert tempfile.gettempdir() not in said.replace(str(root), ""), "a folder that will be gone"
    assert len(said.replace(str(root), "")) <= LONGEST
    assert "secret" not in said


def test_there_are_enough_rows_and_none_twice():
    assert len(bad_inputs.ROWS) >= 120
    assert len({row.name for row in bad_inputs.ROWS}) == len(bad_inputs.ROWS)


@pytest.mark.parametrize("row", bad_inputs.ROWS, ids=lambda row: row.name)
def test_bad_input_gets_one_sentence(root, capfd, row):
    row.spoil(root)
    code, output, errors = say(list(row.arguments), capfd)
    # What check-markers finds is its output, and its exit code 1 says that there is some.
    said, other = (errors, output) if row.code == 2 else (output, errors)
    assert (code, other) == (row.code, "")
    require_sentence(said, root)
    assert re.search(row.pattern, said), said
