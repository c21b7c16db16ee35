"""What the gradebook holds, read by nbgrader's own means: a second opinion on what we write."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from i2dl_course.manifest import Course

if TYPE_CHECKING:
    from nbgrader.api import Gradebook


def _gradebook(course: Course, db_url: str | None = None) -> Gradebook:
    from nbgrader.api import Gradebook  # half a second, and only these functions need it

    return Gradebook(db_url or f"sqlite:///{course.root / 'gradebook.db'}", course.id)


def due_date(course: Course, db_url: str | None = None) -> datetime | None:
    """The due date that the gradebook holds, in UTC."""
    with _gradebook(course, db_url) as gradebook:
        stored = gradebook.find_assignment(course.exercise.name).duedate
    return stored.replace(tzinfo=UTC) if stored else None


@dataclass(frozen=True)
class Grades:
    """What the gradebook holds for one student. `points` is by task; `total` is after `penalty`."""

    student: str
    points: dict[str, float]
    penalty: float
    total: float
    seconds_late: float
    handed_in: datetime | None

    @property
    def late(self) -> bool:
        return self.seconds_late > 0


def read_grades(course: Course) -> dict[str, Grades]:
    """The grades of everyone who has handed in, by student.

    A task for which the gradebook holds no points counts 0: nbgrader leaves it empty when a
    notebook was not handed in.
    """
    grades = {}
    with _gradebook(course) as gradebook:
        for submission in gradebook.assignment_submissions(course.exercise.name):
            points = dict.fromkeys(course.tasks_by_name, 0.0)
            for notebook in submission.notebooks:
                for grade in notebook.grades:
                    points[grade.cell.name] = float(grade.score or 0.0)
            stamp = submission.timestamp
            grades[submission.student_id] = Grades(
                student=submission.student_id,
                points=points,
                penalty=float(submission.late_submission_penalty or 0.0),
                total=float(submission.score - (submission.late_submission_penalty or 0.0)),
                seconds_late=float(submission.total_seconds_late),
                handed_in=stamp.replace(tzinfo=UTC) if stamp else None,
            )
    return dict(sorted(grades.items()))
