"""Points, extra credit and comments of a person stay, by whatever command one grades again."""

from __future__ import annotations

import json
import urllib.request
from datetime import UTC, datetime

import pytest
from nbgrader.api import Gradebook
from support.class_courses import EXERCISE, copy_of, gradebook, graded, prepared, receive
from support.handins import course_command

from benchmarks.jupyter_server import jupyter_server
from i2dl_course.nbgrader_side.run import command_environment, nbgrader
from i2dl_course.records.grades import read_grades

GIVEN, SAID = 12.0, "The idea is **right**."
NOON, LATER = datetime(2020, 5, 26, 12, tzinfo=UTC), datetime(2020, 5, 26, 13, tzinfo=UTC)
# A check that changes: it passes whatever it gets.
CHANGED = """

import dataclasses

CHECKS["network_backward"] = dataclasses.replace(CHECKS["network_backward"], judge=lambda *_: None)
"""


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """Ben fails affine_backward and network_backward, and a person gives him points and a word."""
    made = copy_of(prepared(tmp_path_factory), tmp_path_factory.mktemp("person") / "course")
    receive(made, "ben", "transposed", NOON)
    graded(made)
    with Gradebook(gradebook(made), made.id) as book:
        where = ("affine_backward", made.graded_notebook_name, EXERCISE, "ben")
        book.find_grade(*where).manual_score = GIVEN
        book.find_grade(*where).extra_credit = 1.5
        book.find_comment(*where).manual_comment = SAID
        book.db.commit()
    return made


def kept(course):
    """What is left of it, and whether somebody is asked to look at it again."""
    with Gradebook(gradebook(course), course.id) as book:
        where = ("affine_backward", course.graded_notebook_name, EXERCISE, "ben")
        grade, comment = book.find_grade(*where), book.find_comment(*where)
        return (
            grade.manual_score,
            grade.extra_credit,
            comment.manual_comment,
            grade.needs_manual_grade,
        )


def page(course):
    place = course.root / "feedback" / "ben" / EXERCISE
    return (place / f"{course.graded_notebook_name}.html").read_text()


def by_course_grade(course):
    graded(course)


def by_force(course):
    graded(course, "--force")


def by_the_stock_command(course):
    nbgrader(["autograde", EXERCISE, "--force"], course.root, command_environment())
    nbgrader(["generate_feedback", EXERCISE, "--force"], course.root, command_environment())


def by_the_button(course):
    with jupyter_server(course.root) as (address, token, _):
        for what in (
            f"submission/{EXERCISE}/ben/autograde",
            f"assignment/{EXERCISE}/ben/generate_feedback",
        ):
            request = urllib.request.Request(
                f"{address}formgrader/api/{what}",
                method="POST",
                headers={"Authorization": f"token {token}"},
            )
            with urllib.request.urlopen(request) as answer:
                assert json.load(answer)["success"]


def by_another_check(course):
    with (course.root / "exercise_code" / "tests" / "checks.py").open("a") as file:
        file.write(CHANGED)
    done = course_command("regrade", EXERCISE, "--yes", folder=course.root)
    assert done.returncode == 0, done.stdout + done.stderr


def by_a_better_hand_in(course):
    receive(course, "ben", "perfect", LATER)
    graded(course)


# In this order: each leaves the course as the next one finds it.
WAYS = {
    by_course_grade: 60 + GIVEN + 1.5,
    by_force: 60 + GIVEN + 1.5,
    by_the_stock_command: 60 + GIVEN + 1.5,
    by_the_button: 60 + GIVEN + 1.5,
    by_another_check: 85 + GIVEN + 1.5,
    by_a_better_hand_in: 85 + GIVEN + 1.5,
}


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_it_stays(course, way):
    way(course)
    assert kept(course) == (GIVEN, 1.5, SAID, True)
    assert read_grades(course)["ben"].total == WAYS[way]
    text = page(course)
    assert f"<strong>{WAYS[way]:g}</strong> of 100 points" in text
    assert "The idea is <strong>right</strong>." in text and "given by a person" in text
