"""The figures of a class, against another reckoning and at their edges."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from support.handins import COURSE

from i2dl_course.analysis.figures import (
    arrivals,
    check_figures,
    distribution,
    item_rest_correlation,
)
from i2dl_course.analysis.results import ClassResults, StudentResult, Try

TASKS = COURSE.tasks
END = COURSE.exercise.closes


def class_of(*students: StudentResult) -> ClassResults:
    return ClassResults(COURSE, students)


def student(number: int, *passed: bool) -> StudentResult:
    points = {task.name: float(task.points) * got for task, got in zip(TASKS, passed, strict=True)}
    return StudentResult(f"s{number}", (Try(number, None),), points)


def test_discrimination_is_pearson_s_correlation_with_the_points_of_the_other_checks():
    draw = np.random.default_rng(5)
    passed = draw.random((40, len(TASKS))) < draw.random((40, 1))
    points = passed * [task.points for task in TASKS]
    figures = check_figures(class_of(*(student(i, *row) for i, row in enumerate(passed))))
    for column, one in enumerate(figures):
        rest = points.sum(axis=1) - points[:, column]
        expected = np.corrcoef(passed[:, column], rest)[0, 1]
        assert one.discrimination == pytest.approx(expected, rel=1e-12)
        assert (one.passed, one.graded) == (passed[:, column].sum(), 40)


def test_discrimination_is_undefined_where_nobody_differs():
    assert item_rest_correlation([True, True], [0, 5]) is None
    assert item_rest_correlation([True, False], [5, 5]) is None
    assert item_rest_correlation([], []) is None


def test_nobody_falls_out_of_the_distribution():
    some = [student(i, *(bool(i >> bit & 1) for bit in range(len(TASKS)))) for i in range(64)]
    bins = distribution(class_of(*some, StudentResult("absent")))
    assert sum(one.students for one in bins) == 64
    assert bins[-1].low == COURSE.total_points and bins[-1].students == 1


@pytest.mark.parametrize(
    ("before", "when"),
    [
        (timedelta(days=4), "more than 3 days before the end"),
        (timedelta(days=3), "3 to 2 days before"),
        (timedelta(hours=1, seconds=1), "3 to 1 hours before"),
        (timedelta(hours=1), "in the last hour"),
        (timedelta(0), "in the last hour"),
        (timedelta(milliseconds=-999), "in the last hour"),  # the last second counts to its end
        (timedelta(seconds=-1), "after the end"),
        (END - COURSE.exercise.opens + timedelta(seconds=1), "before the opening"),
        (None, "at an unknown time"),
    ],
)
def test_each_hand_in_has_its_place_in_the_time_line(before, when):
    received = None if before is None else END.astimezone(UTC) - before
    first = Try(1, datetime(2020, 5, 23, tzinfo=UTC))
    results = class_of(StudentResult("anna", (first, Try(2, received))))
    found = {one.when: (one.handins, one.first) for one in arrivals(results) if one.handins}
    usual = "more than 3 days before the end"
    assert found == ({usual: (2, 1)} if when == usual else {usual: (1, 1), when: (1, 0)})
