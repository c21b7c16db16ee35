"""Grades for learning platforms: `course export`, and the same by `nbgrader export`.

The plugins stand in its option, as --exporter=i2dl_course.nbgrader_side.export.CanvasExport.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

from nbgrader.plugins import ExportPlugin
from traitlets import Unicode

from i2dl_course import manifest
from i2dl_course.analysis.results import ClassResults
from i2dl_course.errors import CourseError
from i2dl_course.manifest import Course
from i2dl_course.receiving.archive import Archive
from i2dl_course.records.class_results import class_results
from i2dl_course.records.gradebook import CourseGradebook
from i2dl_course.records.settings import Settings
from i2dl_course.reporting.grade_sheets import Person, grade_sheet

DEFAULT = "grades.csv"  # as nbgrader's own


def export(
    course: Course,
    settings: Settings,
    platform: str,
    to: Path,
    column: str = "",
    students: Collection[str] = (),
) -> ClassResults:
    """Write the grades for `platform` into the file `to`, which only its owner may read.

    `column` is the name of the column of the grades, by default the exercise's title; `students`
    are those to be exported, by default all. Returns what was written. Raises CourseError.
    """
    gradebook = CourseGradebook(settings, course)
    try:
        results = class_results(course, settings, gradebook, Archive(course))
        people = {row["student"]: Person(**row) for row in gradebook.people()}
    finally:
        gradebook.close()
    if unknown := sorted(set(students) - {one.student for one in results.students}):
        raise CourseError(f"The gradebook knows no {', '.join(unknown)}.")
    if students:
        chosen = tuple(one for one in results.students if one.student in students)
        results = replace(results, students=chosen)
    text = grade_sheet(platform, results, people, column or course.exercise.title)
    file = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(file, "w", encoding="utf-8", newline="") as written:
        written.write(text)
    return results


class _Export(ExportPlugin):
    """What the plugins have in common; they open the gradebook that nbgrader hands over."""

    platform = ""
    column = Unicode("", help="The column of the grades; by default the exercise's title.").tag(
        config=True
    )

    def export(self, gradebook: Any) -> None:
        """Write the grades of the one exercise. Raises CourseError for another."""
        course = manifest.load(Path(self.parent.coursedir.root))
        others = set(map(str, self.assignment)) - {course.exercise.name}
        if others:
            raise CourseError(f"This exports {course.exercise.name}, and no {sorted(others)}.")
        to = Path(self.to or DEFAULT)
        self.log.info("Exporting grades to %s", to)
        students = set(map(str, self.student))
        export(course, Settings(course), self.platform, to, self.column, students)


class CanvasExport(_Export):
    """The gradebook that Canvas imports."""

    platform = "canvas"


class MoodleExport(_Export):
    """The CSV file that Moodle's grade import takes."""

    platform = "moodle"


class TableExport(_Export):
    """All that there is of each student."""

    platform = "csv"
