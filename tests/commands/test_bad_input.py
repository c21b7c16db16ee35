"""Bad input of every kind, to every verb, gets one sentence: what, where and what to do."""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

import pytest
from support import bad_inputs
from support.prepared_small_course import make_prepared_course

from i2dl_course import cli

LONGEST = 400  # characters of a sentence; the folder of a test is left out of account


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A small course that could be graded, with a gradebook and one hand-in."""
    root = tmp_path_factory.mktemp("bad_input") / "course"
    make_prepared_course(root, "anna")
    return root


@pytest.fixture
def root(template, tmp_path, monkeypatch):
    """A copy of the course, in which the command is given."""
    root = tmp_path / "course"
    shutil.copytree(template, root)
    monkeypatch.chdir(root)
    monkeypatch.setenv("PATH", os.environ["PATH"])
    monkeypatch.setattr(sys, "path", list(sys.path))
    for name in _checks():  # of another course, by another test
        monkeypatch.delitem(sys.modules, name)
    yield root
    for name in _checks():
        del sys.modules[name]


def _checks():
    """The modules of the package of a course, which a process has once."""
    return [name for name in sys.modules if name.partition(".")[0] == "exercise_code"]


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
