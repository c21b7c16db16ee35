"""The queue of hand-ins, in a table of our own: what was received, and what became of it.

A row is written before a hand-in is acknowledged. What has no verdict waits for one; a verdict is
written once, and never again. Numbers are those of the archive.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from i2dl_course.records.gradebook import CourseGradebook
from i2dl_course.records.shared_commits import SharedCommits
from i2dl_course.records.tables import OURS
from i2dl_course.verdicts import Judgement

QUEUE = sa.Table(
    "course_queue",
    OURS,
    sa.Column("exercise", sa.String(128), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("student", sa.String(128), nullable=False),
    sa.Column("judged", sa.DateTime),  # UTC; NULL while it waits
    sa.Column("judgement", sa.Text),  # JSON: Judgement.to_keep()
    sa.Column("problem", sa.Text),  # or why there is none
    sa.Column("recorded", sa.DateTime),  # UTC; NULL until the gradebook has taken it into account
)
sa.Index("course_queue_waiting", QUEUE.c.exercise, QUEUE.c.judged)
sa.Index("course_queue_student", QUEUE.c.exercise, QUEUE.c.student)


@dataclass(frozen=True)
class Queued:
    """A row: `judged` is UTC without a zone, None while it waits; then it has one of the others."""

    number: int
    student: str
    judged: datetime | None
    judgement: Judgement | None
    problem: str | None
    recorded: bool = False  # whether the gradebook has taken it into account

    @property
    def score(self) -> float:
        """Its points; 0 while it waits, and when it could not be judged."""
        return self.judgement.score if self.judgement else 0.0


class _Twice(Exception):
    """There is such a row."""


class HandinQueue:
    """The rows of the exercise of `gradebook`; for many threads.

    All methods raise CommonFault when the database does not answer.
    """

    def __init__(self, gradebook: CourseGradebook):
        self._gradebook = gradebook
        self._commits = SharedCommits(gradebook.transaction)
        with gradebook.transaction() as connection:
            OURS.create_all(connection)

    @property
    def _ours(self) -> sa.ColumnElement[bool]:
        return QUEUE.c.exercise == self._gradebook.exercise

    def add(self, number: int, student: str) -> bool:
        """Write a row that waits; False when there is one already."""
        row = {"exercise": self._gradebook.exercise, "number": number, "student": student}

        def insert(connection: sa.Connection) -> None:
            try:
                connection.execute(sa.insert(QUEUE), row)
            except IntegrityError:
                raise _Twice from None

        try:
            self._commits.write(insert)
        except _Twice:
            return False
        return True

    def missing(self, numbers: Iterable[int]) -> list[int]:
        """Those of `numbers` that have no row, sorted."""
        query = sa.select(QUEUE.c.number).where(self._ours)
        with self._gradebook.transaction() as connection:
            return sorted(set(numbers) - set(connection.execute(query).scalars()))

    def get(self, number: int) -> Queued | None:
        """The row with this number."""
        found = self._select(QUEUE.c.number == number)
        return found[0] if found else None

    def of(self, student: str) -> list[Queued]:
        """All rows of a student, the newest first."""
        return self._select(QUEUE.c.student == student)[::-1]

    def waiting(self) -> list[tuple[str, int]]:
        """Students and numbers of all that wait for a verdict, the oldest first."""
        query = (
            sa.select(QUEUE.c.student, QUEUE.c.number)
            .where(self._ours, QUEUE.c.judged.is_(None))
            .order_by(QUEUE.c.number)
        )
        with self._gradebook.transaction() as connection:
            return [(row.student, row.number) for row in connection.execute(query)]

    def unrecorded(self) -> list[str]:
        """Students of whom something is judged that the gradebook does not yet know of."""
        query = (
            sa.select(QUEUE.c.student)
            .where(self._ours, QUEUE.c.judged.is_not(None), QUEUE.c.recorded.is_(None))
            .distinct()
        )
        with self._gradebook.transaction() as connection:
            return sorted(connection.execute(query).scalars())

    def judged(self, number: int, judgement: Judgement | None, problem: str | None) -> bool:
        """Keep the verdict, or the problem; False when there has been one before, which stays."""
        values = {
            "judged": datetime.now(UTC).replace(tzinfo=None),
            "judgement": json.dumps(judgement.to_keep()) if judgement else None,
            "problem": problem,
        }
        waits = self._ours & (QUEUE.c.number == number) & QUEUE.c.judged.is_(None)
        update = sa.update(QUEUE).where(waits).values(values)
        return bool(self._commits.write(lambda connection: connection.execute(update).rowcount))

    def recorded(self, student: str, up_to: int) -> None:
        """Note that the gradebook has taken into account what was judged up to this number."""
        theirs = (
            self._ours
            & (QUEUE.c.student == student)
            & (QUEUE.c.number <= up_to)
            & QUEUE.c.judged.is_not(None)
            & QUEUE.c.recorded.is_(None)
        )
        now = datetime.now(UTC).replace(tzinfo=None)
        update = sa.update(QUEUE).where(theirs).values(recorded=now)
        self._commits.write(lambda connection: connection.execute(update))

    def _select(self, *where: sa.ColumnElement[bool]) -> list[Queued]:
        query = sa.select(QUEUE).where(self._ours, *where).order_by(QUEUE.c.number)
        with self._gradebook.transaction() as connection:
            rows = connection.execute(query).all()
        return [
            Queued(
                row.number,
                row.student,
                row.judged,
                Judgement.kept(json.loads(row.judgement)) if row.judgement else None,
                row.problem,
                row.recorded is not None,
            )
            for row in rows
        ]
