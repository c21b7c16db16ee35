"""A class and what came of it, as the gradebook and the archive of hand-ins know it together."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields
from datetime import UTC
from typing import Any

from i2dl_course.analysis.results import ClassResults, StudentResult, Try
from i2dl_course.errors import CourseError
from i2dl_course.handins import plain_file
from i2dl_course.handins.student_names import why_refused
from i2dl_course.manifest import Course
from i2dl_course.receiving.archive import Archive, Received
from i2dl_course.records.gradebook import CourseGradebook, Known
from i2dl_course.records.judged import JudgedHandin
from i2dl_course.records.settings import Settings
from i2dl_course.verdicts import TaskVerdict

_LONGEST_FILE = 200_000  # bytes of a student's file that are looked at
_VERDICT = [field.name for field in fields(TaskVerdict)]


def class_results(
    course: Course, settings: Settings, gradebook: CourseGradebook, archive: Archive
) -> ClassResults:
    """Everybody whom the gradebook or the archive knows. Raises CourseError and CommonFault."""
    known, recorded = gradebook.known(), gradebook.verdicts()
    judged = gradebook.judged.known()
    received: dict[str, list[Received]] = {}
    for handin in archive.all():
        received.setdefault(handin.student, []).append(handin)
    collected = {name for name in settings.students() if why_refused(name) is None}
    students = []
    for name in sorted({*gradebook.students(), *received, *collected}):
        theirs = known.get(name, Known())
        # A verdict that other points were recorded after is about another hand-in.
        row = recorded.get(name, {}) if theirs.intact else {}
        made = row.get("made", {})
        page = settings.feedback(name) / f"{course.graded_notebook_name}.html"
        students.append(
            StudentResult(
                name,
                tuple(_tries(received.get(name, []), judged, theirs, row, name in collected)),
                _points(course, theirs),
                sum(theirs.extra.values()),
                theirs.penalty,
                theirs.has_grade and gradebook.seconds_late(theirs.handed_in, theirs.extension) > 0,
                row.get("sandbox") or _sandbox(received.get(name, []), judged),
                made.get("took"),
                page if page.is_file() else None,
            )
        )
    return ClassResults(course, tuple(students))


def _sandbox(received: list[Received], judged: Mapping[int, JudgedHandin]) -> str | None:
    """Where the newest was judged: nbgrader's own commands leave no other trace of it."""
    numbers = [one.number for one in received if one.number in judged]
    return judged[numbers[-1]].judgement.sandbox if numbers else None


def _points(course: Course, known: Known) -> dict[str, float]:
    if not known.has_grade:
        return {}
    return {
        task.name: known.manual.get(task.name, known.automatic.get(task.name) or 0.0)
        for task in course.tasks
    }


def _tries(
    received: list[Received],
    judged: Mapping[int, JudgedHandin],
    known: Known,
    row: Mapping[str, Any],
    collected: bool,
) -> list[Try]:
    """All hand-ins of one student; of several, each has the verdict that was reached on it.

    What a person has put into submitted/ is one, too.
    """
    alone = tuple(_verdicts(row))
    if not received:
        when = known.handed_in.replace(tzinfo=UTC) if known.handed_in else None
        return [Try(None, when, alone)] if known.has_grade or collected else []
    tries = []
    for one in received:
        verdicts = alone if len(received) == 1 else ()
        if one.number in judged:
            verdicts = tuple(judged[one.number].judgement.verdicts.values())
        tries.append(Try(one.number, one.time, verdicts))
    return tries


def _verdicts(row: Mapping[str, Any]) -> list[TaskVerdict]:
    with suppress(TypeError, KeyError):  # a row that we did not write so
        return [
            TaskVerdict(**{name: task[name] for name in _VERDICT if name in task})
            for task in row.get("tasks", ())
        ]
    return []


def file_of(archive: Archive, settings: Settings, student: str, attempt: Try, name: str) -> str:
    """The beginning of one file of a hand-in, as text; "" when it cannot be had.

    No link is followed, and what is no UTF-8 is replaced.
    """
    with suppress(OSError, CourseError):
        if attempt.number is None:
            data = plain_file.read(settings.submitted(student), name, _LONGEST_FILE)
        else:
            data = archive.open(archive.get(attempt.number)).files.get(name, b"")[:_LONGEST_FILE]
        return data.decode("utf-8", "replace")
    return ""
