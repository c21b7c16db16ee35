"""More time for one student, and a class graded anew: told before, and as told."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from support.class_courses import (
    EXERCISE,
    copy_of,
    gradebook,
    graded,
    hand_in,
    points,
    prepared,
    receive,
    rows,
    verdicts,
)
from support.handins import course_command

from i2dl_course.nbgrader_side.run import command_environment, nbgrader
from i2dl_course.records.grades import read_grades

NOON = datetime(2020, 5, 26, 12, tzinfo=UTC)
LATE = "2020-05-28 09:00:00 UTC"
CHECKS = "exercise_code/tests/checks.py"
# What a change of the checks may be: one task passes whatever it gives, and one never does.
CHANGED = """

import dataclasses

from exercise_code.tests.causes import CAUSES
from exercise_code.tests.compare import Wrong


def _anything(*_):
    pass


def _nothing(*_):
    raise Wrong(next(iter(CAUSES)), "It is wrong by another check")


for name, judge in (("affine_backward", _anything), ("sigmoid_forward", _nothing)):
    CHECKS[name] = dataclasses.replace(
        CHECKS[name], judge=judge, says="It is right by another check"
    )
"""


def course_json(course, *arguments):
    done = course_command(*arguments, "--json", folder=course.root)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def state(course):
    """Everything that a preview must leave as it is."""
    files = {
        path: path.read_bytes()
        for place in ("submitted", "autograded", "feedback", "received")
        for path in (course.root / place).rglob("*")
        if path.is_file()
    }
    return rows(gradebook(course)), verdicts(gradebook(course)), files


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    made = copy_of(prepared(tmp_path_factory), tmp_path_factory.mktemp("regrade") / "course")
    hand_in(made, "anna", "perfect")
    hand_in(made, "ben", "transposed")
    receive(made, "carl", "perfect", NOON)
    receive(made, "carl", "untouched", NOON)
    hand_in(made, "dora", "perfect", LATE)
    graded(made)
    return made


def test_an_extension_counts_for_every_command_and_is_taken_back(course):
    def extend(*arguments):
        done = course_command("extend", *arguments, folder=course.root)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def total():
        return read_grades(course)["dora"].total

    assert total() == 0
    said = extend("dora", "--until", "2020-05-28 23:59", "--because", "=ill, with a note")
    assert "28 May 2020, 23:59:59 (Europe/Berlin)" in said
    extend("erik", "--until", "2020-05-29 23:59")  # has not handed in yet
    [move] = course_json(course, "regrade", EXERCISE, "--preview")["moves"]
    assert (move["student"], move["before"], move["after"]) == ("dora", 0, 100)
    assert graded(course)["graded"] == 1
    assert total() == 100
    nbgrader(
        ["autograde", EXERCISE, "--student=dora", "--force"], course.root, command_environment()
    )
    assert total() == 100
    graded(course, "--force", "--students=dora")
    assert total() == 100
    listed = extend("--list")
    assert "dora until 28 May 2020" in listed and "=ill" in listed and "erik" in listed
    assert 'dora,"28 May 2020, 23:59:59 (Europe/Berlin)",' in extend("--list", "--csv")
    assert "'=ill" in extend("--list", "--csv"), "no formula for a spreadsheet"
    extend("dora", "--withdraw")
    graded(course)
    assert total() == 0
    assert course_command("extend", "dora", "--withdraw", folder=course.root).returncode == 2


def test_verdicts_are_repeated_byte_for_byte(course):
    done = course_command("replay", EXERCISE, folder=course.root)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 of 4 verdicts are the same" in done.stdout


def test_a_preview_writes_nothing_and_what_is_written_is_what_it_said(course):
    assert course_json(course, "regrade", EXERCISE, "--preview")["moves"] == []
    checks = course.root / CHECKS
    checks.write_text(checks.read_text(encoding="utf-8") + CHANGED, encoding="utf-8")
    before = state(course)
    told = course_json(course, "regrade", EXERCISE, "--preview")
    assert state(course) == before
    moves = {move["student"]: (move["before"], move["after"]) for move in told["moves"]}
    assert moves == {"anna": (100, 90), "ben": (60, 65), "carl": (100, 90)}
    [ben] = [move for move in told["moves"] if move["student"] == "ben"]
    assert {task["name"] for task in ben["tasks"]} == {"affine_backward", "sigmoid_forward"}
    assert all("by another check" in task["says"] for task in ben["tasks"])
    assert (told["same"], told["failed"]) == (1, {})  # the late one has 0 points either way

    kept = course_json(course, "regrade", EXERCISE, "--yes", "--never-down", "--seed", told["seed"])
    assert kept["kept"] == ["anna", "carl"]
    now = points(gradebook(course))
    assert (now["anna"], now["ben"], now["carl"]) == (100, 65, 100)
    assert graded(course)["graded"] == 0, "what was kept stays kept"
    receive(course, "carl", "transposed", NOON)
    graded(course)
    assert points(gradebook(course))["carl"] == 100, "and against a worse hand-in, too"


def test_without_the_choice_grades_go_down_as_told(course):
    checks = course.root / CHECKS
    checks.write_text(checks.read_text(encoding="utf-8") + "\n# again\n", encoding="utf-8")
    page = course.root / "feedback" / "anna" / EXERCISE / f"{course.graded_notebook_name}.html"
    assert page.exists()
    done = course_command("regrade", EXERCISE, "--yes", "--verdicts-only", folder=course.root)
    assert done.returncode == 0, done.stderr
    assert "anna: 100 → 90" in done.stdout
    assert not page.exists(), "it is about another verdict"
    now = points(gradebook(course))
    assert (now["anna"], now["ben"], now["carl"]) == (90, 65, 90)
    assert course_command("replay", EXERCISE, folder=course.root).returncode == 0
