"""Extensions of single students: nbgrader's own, in its gradebook, and beside each its reason.

They are nbgrader's so that its own commands know them and no grading takes them back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from nbgrader import api

from i2dl_course.errors import CourseError
from i2dl_course.records import database
from i2dl_course.records.tables import EXTENSIONS, OURS

_submissions = api.SubmittedAssignment.__table__
_assignments = api.Assignment.__table__


@dataclass(frozen=True)
class Extension:
    """How much longer than others a student has. `because` and `granted` (UTC, without a zone) are
    empty for one that was granted by nbgrader's own means."""

    student: str
    extra: timedelta
    because: str = ""
    granted: datetime | None = None


def lengths(db_url: str, exercise: str) -> Mapping[str, timedelta]:
    """How much longer each student has who has an extension; nobody where there is no gradebook."""
    engine = database.engine(db_url)
    try:
        with database.told(engine, CourseError):
            if not database.has_nbgraders_tables(engine, OURS):
                return {}
            with engine.connect() as connection:
                return _lengths(connection, exercise)
    finally:
        engine.dispose()


def _lengths(connection: sa.Connection, exercise: str) -> dict[str, timedelta]:
    query = (
        sa.select(_submissions.c.student_id, _submissions.c.extension)
        .join(_assignments, _assignments.c.id == _submissions.c.assignment_id)
        .where(_assignments.c.name == exercise, _submissions.c.extension.is_not(None))
    )
    return {row.student_id: row.extension for row in connection.execute(query)}


class Extensions:
    """Grants, withdraws and lists them. Close it when done.

    Raises CourseError when the gradebook cannot be used or does not know the exercise.
    """

    def __init__(self, db_url: str, course_id: str, exercise: str):
        self._db_url, self._course_id, self._exercise = db_url, course_id, exercise
        self._engine = database.engine(db_url)
        with database.told(self._engine, CourseError):
            if not database.has_nbgraders_tables(self._engine, OURS) or not self._is_known():
                raise CourseError(
                    f"The gradebook does not know {exercise}; run `course prepare` first."
                )
            OURS.create_all(self._engine)

    def _is_known(self) -> bool:
        query = sa.select(_assignments.c.id).where(_assignments.c.name == self._exercise)
        with self._engine.connect() as connection:
            return connection.execute(query).first() is not None

    def all(self) -> list[Extension]:
        """Everybody's, by student."""
        with database.told(self._engine, CourseError), self._engine.connect() as connection:
            reasons = connection.execute(
                sa.select(EXTENSIONS).where(EXTENSIONS.c.exercise == self._exercise)
            )
            why = {row.student: (row.because, row.granted) for row in reasons}
            found = _lengths(connection, self._exercise)
        return [Extension(who, extra, *why.get(who, ())) for who, extra in sorted(found.items())]

    def grant(self, student: str, extra: timedelta, because: str) -> None:
        """Give `student` this much longer than others, in place of any earlier extension.

        A student whom the gradebook does not know is added to it, as collecting would.
        """
        with database.told(self._engine, CourseError):
            with api.Gradebook(self._db_url, self._course_id) as gradebook:
                gradebook.update_or_create_student(student)
                gradebook.update_or_create_submission(self._exercise, student)
                seconds = extra.total_seconds()
                gradebook.grant_extension(self._exercise, student, minutes=seconds / 60)
            self._note(student, because)

    def withdraw(self, student: str) -> None:
        """Take the extension of `student` back. Raises CourseError when there is none."""
        if student not in {one.student for one in self.all()}:
            raise CourseError(f"{student} has no extension of {self._exercise}.")
        with database.told(self._engine, CourseError):
            with api.Gradebook(self._db_url, self._course_id) as gradebook:
                gradebook.grant_extension(self._exercise, student)
            self._note(student, None)

    def _note(self, student: str, because: str | None) -> None:
        mine = (EXTENSIONS.c.exercise == self._exercise) & (EXTENSIONS.c.student == student)
        with self._engine.begin() as connection:
            connection.execute(sa.delete(EXTENSIONS).where(mine))
            if because is not None:
                row = {
                    "exercise": self._exercise,
                    "student": student,
                    "because": because,
                    "granted": datetime.now(UTC).replace(tzinfo=None),
                }
                connection.execute(sa.insert(EXTENSIONS), row)

    def close(self) -> None:
        """Leave the gradebook."""
        self._engine.dispose()
