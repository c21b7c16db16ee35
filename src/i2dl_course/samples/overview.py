"""The overview of a graded class: one HTML page that needs nothing but itself."""

from __future__ import annotations

from i2dl_course.manifest import Course
from i2dl_course.reporting.outcome import number
from i2dl_course.reporting.templates import template
from i2dl_course.samples.demo import Demo, Result

BINS = ((0, 19), (20, 39), (40, 59), (60, 79), (80, 100))


def overview(demo: Demo, links: dict[str, list[str]]) -> str:
    """The page for a graded class.

    `links` holds, by student, the addresses of the pages of feedback, relative to the overview.
    """
    course, results = demo.course, list(demo.results.values())
    return template("samples/overview.html").render(
        exercise=course.exercise,
        total_points=course.total_points,
        tasks=course.tasks,
        results=results,
        links=links,
        bonuses=sum(result.bonus for result in results),
        late=sum(1 for result in results if result.grades and result.grades.late),
        distribution=_distribution(results),
        passed=_passed(course, results),
        causes=_causes(results),
        times=demo.times,
        number=number,
    )


def _distribution(results: list[Result]) -> list[tuple[int, int, int]]:
    """For each bin its ends, and how many students have as many points."""
    totals = [result.grades.total if result.grades else 0 for result in results]
    return [(low, high, sum(low <= total < high + 1 for total in totals)) for low, high in BINS]


def _passed(course: Course, results: list[Result]) -> dict[str, int]:
    """How many students have all points of a task, before the penalty, by task."""
    return {
        task.name: sum(
            result.grades is not None and result.grades.points[task.name] == task.points
            for result in results
        )
        for task in course.tasks
    }


def _causes(results: list[Result]) -> list[tuple[str, list[str], list[str], str]]:
    """Each cause, who has it, in which tasks, and what the first of them reads.

    The most frequent one is the first, so that one answer helps many.
    """
    students: dict[str, dict[str, None]] = {}  # dicts of None: sets that keep their order
    tasks: dict[str, dict[str, None]] = {}
    says: dict[str, str] = {}
    for result in results:
        for verdict in result.verdicts.values():
            if not verdict.passed:
                cause = verdict.cause or "unknown"
                students.setdefault(cause, {})[result.persona.name] = None
                tasks.setdefault(cause, {})[verdict.name] = None
                says.setdefault(cause, verdict.says)
    return [
        (cause, list(students[cause]), list(tasks[cause]), says[cause])
        for cause in sorted(students, key=lambda name: -len(students[name]))
    ]
