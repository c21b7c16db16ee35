"""The command line: one sentence for a person, the right exit code, no verb harms another."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.small_course import make_course, write

from i2dl_course import cli


@pytest.fixture
def course(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", os.environ["PATH"])
    return make_course(tmp_path)


def test_outside_a_course_is_one_sentence_and_exit_2(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", os.environ["PATH"])
    assert cli.main(["build"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("course: No course.toml in ") and said.err.count("\n") == 1


def test_the_environment_s_own_commands_are_found_first(course):
    cli.main(["check-markers"])
    assert os.environ["PATH"].split(os.pathsep)[0] == str(Path(sys.executable).parent)


def test_a_verb_that_cannot_be_imported_is_one_sentence(course, monkeypatch, capsys):
    monkeypatch.setitem(cli.VERBS, "judge", "i2dl_course.nowhere")
    assert cli.main(["judge"]) == 2
    assert "`course judge` cannot start" in capsys.readouterr().err


def test_a_verb_that_cannot_be_imported_harms_no_other(course, monkeypatch, capsys):
    monkeypatch.setitem(cli.VERBS, "judge", "i2dl_course.nowhere")
    assert cli.main(["check-markers"]) == 0
    assert capsys.readouterr().err == ""
    with pytest.raises(SystemExit, match="0"):
        cli.main(["--help"])
    said = capsys.readouterr()
    assert "check-markers" in said.out and "`course judge` cannot start" in said.err


@pytest.mark.parametrize("argv", [[], ["nonsense"], ["build", "--nonsense"]])
def test_a_wrong_call_exits_2(course, argv):
    with pytest.raises(SystemExit, match="2"):
        cli.main(argv)


def test_the_installed_command_starts():
    command = Path(sys.executable).with_name("course")
    done = subprocess.run([command, "build", "--help"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "--check" in done.stdout


def test_markers_of_the_whole_course_are_checked(course, capsys):
    assert cli.main(["check-markers"]) == 0
    assert capsys.readouterr().out == "The markers of 5 files are exact.\n"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (
            "instructor/solution/exercise_code/work.py",
            "def f():\n    ### BEGIN SOLUTON\n    pass\n",
        ),
        ("notebooks/1_graded.py", "# %%\n### HIDDEN TEST double\n"),
        ("instructor/hidden/double.py", "### HIDDEN TESTS double\nscore = 1\n"),
        ("exercise_code/more.py", "def f():\n    ### BEGIN SOLUTION\n    pass\n"),
    ],
)
def test_a_broken_marker_is_named_with_file_and_line(course, capsys, path, text):
    write(course.root, {path: text})
    assert cli.main(["check-markers", path]) == 1
    assert capsys.readouterr().out.startswith(f"{path}:")


def test_a_file_that_cannot_be_read_is_told(course, capsys):
    assert cli.main(["check-markers", "nowhere.py"]) == 1
    assert "nowhere.py: cannot be read" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("verb", "unwanted"),
    [
        ("judge", {"nbformat", "nbgrader", "sqlalchemy", "jinja2", "pygments"}),
        # Of nbgrader itself no more than its version, which costs nothing.
        ("grade", {"nbformat", "nbgrader.api", "nbgrader.apps", "sqlalchemy", "jinja2"}),
    ],
)
def test_a_verb_starts_without_what_it_need_not_import(verb, unwanted):
    """Seen once: `course judge` imported nbformat, for the name of a type."""
    code = f"import sys, i2dl_course.commands.{verb}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert unwanted.isdisjoint(done.stdout.split())
