"""A late policy of one's own, as nbgrader plugs it in: ten points a day, and not all of them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from support.class_courses import (
    EXERCISE,
    copy_of,
    gradebook,
    graded,
    hand_in,
    prepared,
    receive,
    rows,
)

from i2dl_course.nbgrader_side.run import command_environment, nbgrader
from i2dl_course.records.grades import read_grades

POLICY = """
import math
from nbgrader.plugins import BasePlugin
from traitlets import Float


class EachDay(BasePlugin):
    points = Float(10).tag(config=True)

    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return min(score, self.points * math.ceil(total_seconds_late / 86400))
"""
TWO_DAYS_LATE = "2020-05-29 09:00:00 UTC"
IN_TIME, LATE = (datetime(2020, 5, day, 12, tzinfo=UTC) for day in (26, 28))


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """Two courses with the policy and the same class: for the stock commands, and for ours."""
    folder = tmp_path_factory.mktemp("policy")
    courses = [copy_of(prepared(tmp_path_factory), folder / name) for name in ("stock", "ours")]
    for course in courses:
        (course.root / "late_policy.py").write_text(POLICY)
        with (course.root / "nbgrader_config.py").open("a") as file:
            file.write('\nc.AssignLatePenalties.plugin_class = "late_policy.EachDay"\n')
        hand_in(course, "late", "transposed", TWO_DAYS_LATE)
        receive(course, "twice", "transposed", IN_TIME)
        receive(course, "twice", "perfect", LATE)
    stock, ours = courses
    nbgrader(["autograde", EXERCISE], stock.root, command_environment())
    graded(ours)
    return stock, ours


def test_both_commands_take_what_the_policy_says(both):
    for course in both:
        grades = read_grades(course)
        assert (grades["late"].total, grades["late"].penalty) == (40.0, 20.0)
        # A late one never takes the place of one in time, not even where 90 of it would be left.
        assert (grades["twice"].total, grades["twice"].penalty) == (60.0, 0.0)
    stock, ours = (rows(gradebook(course)) for course in both)
    assert stock == ours


def test_the_student_reads_what_was_taken_off(both):
    for course in both:
        nbgrader(["generate_feedback", EXERCISE], both[0].root, command_environment())
        page = course.root / "feedback" / "late" / EXERCISE / f"{course.graded_notebook_name}.html"
        text = page.read_text()
        assert "<strong>40</strong> of 100 points" in text
        assert "60 points were earned, and 20 are taken off" in text


def test_a_milder_policy_is_a_reason_to_grade_who_was_late_anew_and_nobody_else(both):
    _, ours = both
    with (ours.root / "nbgrader_config.py").open("a") as file:
        file.write("c.EachDay.points = 5\n")
    graded(ours)
    assert read_grades(ours)["late"].total == 50.0
