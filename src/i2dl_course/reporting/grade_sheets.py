"""The grades of a class as the CSV files that learning platforms read.

Who has handed in nothing, or is not graded yet, has empty cells, which platforms leave as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter

from i2dl_course.analysis.results import ClassResults, StudentResult
from i2dl_course.reporting.class_tables import csv_of
from i2dl_course.reporting.outcome import number


@dataclass(frozen=True)
class Person:
    """Who a student is outside of this course; "" is what nobody has told the gradebook.

    `platform_id` is what the learning platform calls the student: nbgrader's lms_user_id.
    """

    student: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    platform_id: str = ""

    @property
    def sortable_name(self) -> str:
        """Berg, Anna; without a name what the course calls the student."""
        return ", ".join(part for part in (self.last_name, self.first_name) if part) or self.student


Rows = list[Sequence[object]]


def _canvas(results: ClassResults, people: Mapping[str, Person], column: str) -> Rows:
    """Canvas's gradebook: five columns that say who, and a row of the points that are possible.

    Canvas finds a student by ID, else by SIS User ID, else by SIS Login ID.
    """
    head = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", column, f"{column} bonus"]
    rows: Rows = [head, ["Points Possible", "", "", "", "", results.course.total_points, 1]]
    for one in results.students:
        who = people.get(one.student, Person(one.student))
        bonus = int(results.has_bonus(one)) if one.graded else None
        rows.append(
            [who.sortable_name, who.platform_id, one.student, one.student, "", _total(one), bonus]
        )
    return rows


def _moodle(results: ClassResults, people: Mapping[str, Person], column: str) -> Rows:
    """Moodle's grade import, whose form asks which column is which."""
    rows: Rows = [
        ["First name", "Last name", "ID number", "Username", "Email address"]
        + [column, f"{column} feedback", f"{column} bonus"]
    ]
    for one in results.students:
        who = people.get(one.student, Person(one.student))
        said = _in_words(results, one) if one.graded else ""
        bonus = results.has_bonus(one) if one.graded else None
        rows.append(
            [who.first_name, who.last_name, who.platform_id, one.student, who.email]
            + [_total(one), said, bonus]
        )
    return rows


def _csv(results: ClassResults, people: Mapping[str, Person], column: str) -> Rows:
    """Everything, for a spreadsheet or a script; `column` is what the total is called."""
    tasks = results.course.tasks_by_name
    rows: Rows = [
        ["student", "last_name", "first_name", "email", "platform_id", *tasks]
        + [f"{task} passed" for task in tasks]
        + ["earned", "penalty", column, "max_score", "bonus", "late"]
    ]
    for one in results.students:
        who = people.get(one.student, Person(one.student))
        rows.append([one.student, who.last_name, who.first_name, who.email, who.platform_id])
        if one.graded:
            rows[-1] = [
                *rows[-1],
                *(one.points[task] for task in tasks),
                *(results.passes(one, task) for task in tasks),
                *(one.earned, one.penalty, one.total, results.course.total_points),
                *(results.has_bonus(one), one.late),
            ]
        else:
            rows[-1] = [*rows[-1], *[None] * (2 * len(tasks) + 6)]
    return rows


_SHEETS: dict[str, Callable[[ClassResults, Mapping[str, Person], str], Rows]] = {
    "canvas": _canvas,
    "moodle": _moodle,
    "csv": _csv,
}
PLATFORMS = tuple(_SHEETS)


def grade_sheet(
    platform: str, results: ClassResults, people: Mapping[str, Person], column: str
) -> str:
    """The file for one of PLATFORMS, in which `column` is the name of the column of the grades."""
    return csv_of(_SHEETS[platform](results, people, column))


def _total(one: StudentResult) -> float | None:
    return one.total if one.graded else None


def _in_words(results: ClassResults, one: StudentResult) -> str:
    """What a student reads in Moodle beside the grade; all else stands in the feedback."""
    tasks = map(attrgetter("name"), results.course.tasks)
    failed = [task for task in tasks if not results.passes(one, task)]
    said = f"{number(one.total)} of {results.course.total_points} points, "
    said += "bonus." if results.has_bonus(one) else "no bonus."
    if one.penalty:
        said += f" {number(one.penalty)} taken off for lateness."
    return f"{said} Not passed: {', '.join(failed)}." if failed else said
