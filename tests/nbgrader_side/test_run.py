"""Running nbgrader's commands: by the script beside our interpreter, and not for ever."""

import subprocess
import sys

import pytest

from i2dl_course.errors import CourseError
from i2dl_course.nbgrader_side.run import command_environment, nbgrader
from i2dl_course.records.nbgraders_import import without_slow_library


def test_a_module_in_the_working_folder_does_not_take_the_place_of_nbgrader(tmp_path):
    (tmp_path / "nbgrader.py").write_text("raise SystemExit('not nbgrader')")
    lines = []
    nbgrader(["--version"], tmp_path, on_line=lines.append)
    assert lines[-1].startswith("nbgrader version")


def test_a_failed_command_is_named_with_what_it_said_and_kept_in_the_log(tmp_path):
    with pytest.raises(CourseError, match="`nbgrader generate_assignment ex` failed") as failure:
        nbgrader(["generate_assignment", "ex", "--no-db"], tmp_path, log=tmp_path / "log")
    assert f"exit code 1 in {tmp_path}" in str(failure.value)
    logged = (tmp_path / "log").read_text()
    assert logged.startswith("$ nbgrader generate_assignment ex --no-db\n")
    assert str(failure.value).endswith(logged.splitlines()[-1])


def test_a_command_that_does_not_end_is_stopped(tmp_path):
    """It never gets as far as its end: importing nbgrader alone takes longer."""
    with pytest.raises(CourseError, match="`nbgrader list` did not end within 0 seconds"):
        nbgrader(["list"], tmp_path, seconds=0)


def test_the_slow_library_is_not_there_for_commands(tmp_path):
    environment = command_environment(**without_slow_library(tmp_path / "quick"))
    done = subprocess.run(
        [sys.executable, "-c", "import rfc3987_syntax"],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert "ImportError: left out" in done.stderr
