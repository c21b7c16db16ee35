"""Placeholders in what authors write, filled with what stands in course.toml.

Dates, points, the pass mark and names stand in course.toml alone; a text asks for them:

    The test is worth {{ points.double }} of {{ course.total_points }} points.
    Hand in until {{ exercise.closes | moment }}, {{ city }} time.

In a notebook and in a text of student_tree/ the placeholder is replaced. A page of docs/ is read as
it is, so there the value stands beside it, between two comments, and `course build` keeps it fresh:

    until <!-- {{ exercise.closes | moment }} -->27 May 2020, 23:59<!-- -->
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from jinja2 import Environment, StrictUndefined, TemplateError

from i2dl_course.errors import CourseError
from i2dl_course.manifest import Course

_BESIDE = re.compile(r"(<!-- (\{[{%].*?[%}]\}) -->)(.*?)(<!-- -->)")


def fill(text: str, where: str, course: Course, **more: Any) -> str:
    """`text` with the values of `course` in place of its placeholders, and with those of `more`.

    Raises CourseError, which names `where`, for a placeholder that means nothing.
    """
    values = {
        "course": course,
        "exercise": course.exercise,
        "points": {task.name: task.points for task in course.tasks},
        "city": course.exercise.time_zone.rpartition("/")[2].replace("_", " "),
        **more,
    }
    try:
        return _environment().from_string(text).render(values)
    except TemplateError as error:
        line = getattr(error, "lineno", None)
        raise CourseError(
            f"{where}{f':{line}' if line else ''}: {str(error).rstrip('.')}."
        ) from None


def has_values_beside(text: str) -> bool:
    """Whether a page has a placeholder in a comment."""
    return _BESIDE.search(text) is not None


def fill_beside(text: str, where: str, course: Course) -> str:
    """A page with the value beside each placeholder in a comment. Raises CourseError, as fill."""
    return _BESIDE.sub(
        lambda found: f"{found[1]}{fill(found[2], where, course)}{found[4]}",
        text,
    )


def values_only(text: str) -> str:
    """A page with the values, without the comments around them: for who does not build it."""
    return _BESIDE.sub(r"\3", text)


def _environment() -> Environment:
    environment = Environment(
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # Markdown, YAML and JSON, of what an author has written
    )
    environment.filters["moment"] = _moment
    return environment


def _moment(time: datetime) -> str:
    """A time as students read it: 27 May 2020, 23:59."""
    return f"{time.day} {time:%B %Y, %H:%M}"
