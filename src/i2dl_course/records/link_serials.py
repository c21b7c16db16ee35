"""From which serial number on the personal links of a student count, in a table of our own."""

from __future__ import annotations

import sqlalchemy as sa

from i2dl_course.records.gradebook import CourseGradebook
from i2dl_course.records.tables import OURS

SERIALS = sa.Table(
    "course_link_serial",
    OURS,
    sa.Column("exercise", sa.String(128), primary_key=True),
    sa.Column("student", sa.String(128), primary_key=True),
    sa.Column("serial", sa.Integer, nullable=False),
)


class LinkSerials:
    """Reads and raises the serial numbers of an exercise. Raises CourseError as the gradebook."""

    def __init__(self, gradebook: CourseGradebook):
        self._gradebook = gradebook
        with gradebook.transaction() as connection:
            OURS.create_all(connection)

    def _ours(self, student: str) -> sa.ColumnElement[bool]:
        return (SERIALS.c.exercise == self._gradebook.exercise) & (SERIALS.c.student == student)

    def of(self, student: str) -> int:
        """The lowest serial number that counts; 0 for a student whose links were never revoked."""
        with self._gradebook.transaction() as connection:
            query = sa.select(SERIALS.c.serial).where(self._ours(student))
            return connection.execute(query).scalar_one_or_none() or 0

    def revoke(self, student: str) -> None:
        """Let none of the links count that `student` has now."""
        raised = sa.update(SERIALS).where(self._ours(student)).values(serial=SERIALS.c.serial + 1)
        with self._gradebook.transaction() as connection:
            if not connection.execute(raised).rowcount:
                connection.execute(
                    sa.insert(SERIALS).values(
                        exercise=self._gradebook.exercise, student=student, serial=1
                    )
                )
