"""The report on a class as one HTML page that needs nothing but itself, not even a script.

It is for those who grade: it names students. What may be passed on is the answer for the forum
below each cause, which holds nobody's name and nobody's code.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from i2dl_course.analysis.excerpt import excerpt
from i2dl_course.analysis.figures import arrivals, check_figures, distribution
from i2dl_course.analysis.misconceptions import (
    UNNAMED,
    Example,
    Misconception,
    forum_answer,
    misconceptions,
)
from i2dl_course.analysis.results import ClassResults
from i2dl_course.reporting import charts
from i2dl_course.reporting.door_page import moment
from i2dl_course.reporting.outcome import number
from i2dl_course.reporting.templates import template

_SLOWEST = 5  # hand-ins that are named
_UNFOLDED = 60  # students whose table is open from the start, and hence is printed


@dataclass(frozen=True)
class Cause:
    """A cause as the page shows it: what it means, some code that has it, what to say to all."""

    found: Misconception
    meaning: str
    code: str
    answer: str


def class_page(
    results: ClassResults,
    meanings: Mapping[str, str],
    code_of: Callable[[Example], str],
    place: Path,
    times: Mapping[str, float] | None = None,
) -> str:
    """The page for `results`, to be put into the folder `place`, from which it links to feedback.

    Parameters
    ----------
    meanings : dict
        What each cause means, by its name.
    code_of : callable
        The text of the file that an example is about; "" where it cannot be had.
    times : dict, optional
        Seconds of each stage of a run, by name, where the page is about one run.
    """
    bins, checks, when = distribution(results), check_figures(results), arrivals(results)
    causes = [_cause(results, one, meanings, code_of) for one in misconceptions(results)]
    graded = results.graded
    timed = sorted((one for one in graded if one.seconds), key=lambda one: -(one.seconds or 0.0))
    return template(
        "reporting/class.html"
    ).render(
        exercise=results.course.exercise,
        total_points=results.course.total_points,
        tasks=results.course.tasks,
        columns=len(results.course.tasks) + 3,  # of what a student without a grade has not
        students=results.students,
        handed_in=sum(one.handed_in for one in results.students),
        graded=len(graded),
        bonuses=sum(map(results.has_bonus, graded)),
        late=sum(one.late for one in graded),
        mean=_mean([one.total for one in graded]),
        bins=bins,
        checks=checks,
        causes=causes,
        arrivals=when,
        slowest=timed[:_SLOWEST],
        sandboxes=sorted(Counter(one.sandbox or "unknown" for one in graded).items()),
        unfolded=len(results.students) <= _UNFOLDED,
        times=times or {},
        chart=_drawn(bins, checks, causes, when, results),
        link=lambda page: quote(os.path.relpath(page, place)),
        passes=results.passes,
        has_bonus=results.has_bonus,
        number=number,
        moment=moment,
    )


def _cause(
    results: ClassResults,
    found: Misconception,
    meanings: Mapping[str, str],
    code_of: Callable[[Example], str],
) -> Cause:
    meaning = meanings.get(found.cause, "")
    function = results.course.tasks_by_name[found.example.verdict.name].function
    answer = "" if found.cause == UNNAMED else forum_answer(found, meaning)
    return Cause(found, meaning, excerpt(code_of(found.example), function), answer)


def _drawn(
    bins: Any, checks: Any, causes: list[Cause], when: Any, results: ClassResults
) -> dict[str, Any]:
    return {
        "points": charts.points_chart(bins, results.course.exercise.pass_mark),
        "checks": charts.checks_chart(checks),
        "causes": charts.causes_chart([one.found for one in causes]) if causes else "",
        "arrivals": charts.arrivals_chart(when),
    }


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None
