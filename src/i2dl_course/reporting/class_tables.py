"""The report on a class as CSV files and as JSON: the very numbers of the page."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from i2dl_course.analysis.figures import arrivals, check_figures, distribution
from i2dl_course.analysis.misconceptions import misconceptions
from i2dl_course.analysis.results import ClassResults

_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet takes for the start of one


def files(results: ClassResults, meanings: Mapping[str, str]) -> dict[str, str]:
    """All of it, by the names of the files."""
    found = as_json(results, meanings)
    tables = {
        f"{name}.csv": csv_of([list(rows[0]), *(list(row.values()) for row in rows)])
        for name in ("students", "checks", "causes", "points", "arrivals")
        if (rows := _flat(found[name]))
    }
    return {**tables, "report.json": json.dumps(found, ensure_ascii=False, indent=1)}


def as_json(results: ClassResults, meanings: Mapping[str, str]) -> dict[str, Any]:
    """All that the page shows but for pictures and code, fit for JSON."""
    course = results.course
    return {
        "course": course.id,
        "exercise": course.exercise.name,
        "pass_mark": course.exercise.pass_mark,
        "max_score": course.total_points,
        "students": [
            {
                "student": one.student,
                "handins": len(one.tries),
                "graded": one.graded,
                **{task.name: one.points.get(task.name) for task in course.tasks},
                "extra": one.extra,
                "penalty": one.penalty,
                "total": one.total if one.graded else None,
                "bonus": results.has_bonus(one),
                "late": one.late,
                "sandbox": one.sandbox,
                "seconds": one.seconds,
            }
            for one in results.students
        ],
        "checks": [
            {
                "check": one.task.name,
                "points": one.task.points,
                "passed": one.passed,
                "graded": one.graded,
                "discrimination": one.discrimination,
            }
            for one in check_figures(results)
        ],
        "causes": [
            {
                "cause": one.cause,
                "meaning": meanings.get(one.cause, ""),
                "checks": one.tasks,
                "handins": one.tries,
                "students": one.students,
                "tried_again": one.again,
                "repaired_at_the_next_try": one.repaired,
                "have_it_still": one.still,
            }
            for one in misconceptions(results)
        ],
        "points": [
            {
                "from": one.low,
                "below": one.high if one.high > one.low else None,
                "students": one.students,
            }
            for one in distribution(results)
        ],
        "arrivals": [
            {"when": one.when, "handins": one.handins, "first": one.first}
            for one in arrivals(results)
        ],
    }


def csv_of(rows: Iterable[Sequence[object]]) -> str:
    """Rows as CSV (RFC 4180): text quoted, numbers exact, and nothing that is a formula."""
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_NONNUMERIC).writerows(
        [_cell(value) for value in row] for row in rows
    )
    return text.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return ""
    if isinstance(value, float):
        value = float(f"{value:.10g}")  # a sum of tenths is a number of tenths
        return int(value) if value.is_integer() else value
    if isinstance(value, int):
        return value
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _flat(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows for a spreadsheet, in which a list is how many it holds: no cell takes a whole class."""
    return [
        {key: len(value) if isinstance(value, list) else value for key, value in row.items()}
        for row in rows
    ]
