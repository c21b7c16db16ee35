"""The figures of a class: the points, what each check tells, and when people hand in."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import fmean, pstdev

from i2dl_course.analysis.results import ClassResults, Try
from i2dl_course.manifest import Exercise, Task

_BINS = 10  # as many as make tenths of the points, and one more for all of them
# Hours before the end at which a row of the time line begins, the last one at the end.
_HOURS_BEFORE = (72, 48, 24, 12, 6, 3, 1, 0)


@dataclass(frozen=True)
class Bin:
    """How many students have at least `low` and less than `high` points; the last is one value."""

    low: float
    high: float
    students: int


def distribution(results: ClassResults) -> list[Bin]:
    """The points that count, in tenths of all points; full marks have a bin of their own."""
    most = results.course.total_points
    totals = [one.total for one in results.graded]
    edges = [most * step / _BINS for step in range(_BINS + 1)]
    bins = [
        Bin(low, high, sum(low <= total < high for total in totals))
        for low, high in zip(edges, edges[1:], strict=False)
    ]
    return [*bins, Bin(most, most, sum(total >= most for total in totals))]


@dataclass(frozen=True)
class CheckFigures:
    """How a check went: `passed` of `graded` students.

    `discrimination` is None where it is not defined: when all or none pass, and when all others
    have the same points beside it.
    """

    task: Task
    passed: int
    graded: int
    discrimination: float | None

    @property
    def rate(self) -> float:
        """The share of those who pass, from 0 to 1: the item's difficulty index."""
        return self.passed / self.graded if self.graded else 0.0


def check_figures(results: ClassResults) -> list[CheckFigures]:
    """The figures of each check, over all that are graded, late or not, before the penalty."""
    found = []
    for task in results.course.tasks:
        passes = [results.passes(one, task.name) for one in results.graded]
        rest = [one.earned - one.points[task.name] for one in results.graded]
        found.append(
            CheckFigures(task, sum(passes), len(passes), item_rest_correlation(passes, rest))
        )
    return found


def item_rest_correlation(passes: Sequence[bool], rest: Sequence[float]) -> float | None:
    """The point-biserial correlation of passing one item with the points of all others.

    (M₁ - M₀) / s · √(p·q), where M₁ and M₀ are the mean points of those who pass and of those who
    do not, s is the standard deviation of all, and p = 1 - q is the share that passes. The item's
    own points are left out, or it would agree with itself. Source: L. Crocker and J. Algina,
    Introduction to Classical and Modern Test Theory, 1986, chapter 14 (item analysis).
    """
    ones = [points for passed, points in zip(passes, rest, strict=True) if passed]
    noughts = [points for passed, points in zip(passes, rest, strict=True) if not passed]
    if not ones or not noughts or not (spread := pstdev(rest)):
        return None
    share = len(ones) / len(rest)
    return (fmean(ones) - fmean(noughts)) / spread * math.sqrt(share * (1 - share))


@dataclass(frozen=True)
class Arrivals:
    """How many hand-ins came in a stretch of time, and how many were a student's first."""

    when: str
    handins: int
    first: int


def arrivals(results: ClassResults) -> list[Arrivals]:
    """The time line of all hand-ins, counted back from the end for everybody."""
    exercise = results.course.exercise
    stretches = dict.fromkeys(_stretches(), (0, 0))
    for one in results.students:
        for number, attempt in enumerate(one.tries):
            name = _stretch(exercise, attempt)
            handins, first = stretches[name]
            stretches[name] = handins + 1, first + (number == 0)
    always = set(_stretches()[1:-1])
    return [
        Arrivals(name, *counts) for name, counts in stretches.items() if name in always or counts[0]
    ]


def _stretches() -> list[str]:
    between = zip(_HOURS_BEFORE, _HOURS_BEFORE[1:], strict=False)
    return [
        "before the opening",
        f"more than {_HOURS_BEFORE[0] // 24} days before the end",
        *(_between(more, less) for more, less in between),
        "after the end",
        "at an unknown time",
    ]


def _between(more: int, less: int) -> str:
    if less == 0:
        return "in the last hour" if more == 1 else f"in the last {more} hours"
    if less % 24 == 0:
        return f"{more // 24} to {less // 24} days before"
    return f"{more} to {less} hours before"


def _stretch(exercise: Exercise, attempt: Try) -> str:
    names = _stretches()
    if attempt.received is None:
        return names[-1]
    if attempt.received < exercise.opens:
        return names[0]
    # The last second counts to its end.
    left = exercise.closes.astimezone(attempt.received.tzinfo) - attempt.received
    if left <= timedelta(seconds=-1):
        return names[-2]
    later = sum(left <= timedelta(hours=hours) for hours in _HOURS_BEFORE[:-1])
    return names[1 + later]
