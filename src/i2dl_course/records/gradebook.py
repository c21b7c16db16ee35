"""The gradebook's side of a class run: what is known of each hand-in, and one transaction for each.

The rows are those that `nbgrader autograde` would write, in nbgrader's own tables; how each verdict
was reached stands beside them in a table of our own, ``course_verdict``, which is written in the
same transaction. It refers to students and exercise by name only, so that nbgrader's own commands
for removing and upgrading need not know of it.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from nbgrader import api
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from i2dl_course.errors import CourseError
from i2dl_course.handins.failure import CommonFault
from i2dl_course.handins.student_names import why_refused
from i2dl_course.manifest import Course
from i2dl_course.records import database
from i2dl_course.records.judged import JudgedHandins
from i2dl_course.records.settings import Settings
from i2dl_course.records.tables import OURS, READINGS, VERDICTS
from i2dl_course.verdicts import Judgement

_assignments = api.Assignment.__table__
_students = api.Student.__table__
_submissions = api.SubmittedAssignment.__table__
_notebooks = api.SubmittedNotebook.__table__
_grades = api.Grade.__table__
_cells = api.BaseCell.__table__
_comments = api.Comment.__table__


@dataclass(frozen=True)
class Reading:
    """What reading a hand-in has found: a digest of its content, and its time, UTC or None."""

    content: str
    handed_in: datetime | None


@dataclass
class Known:
    """What the gradebook holds of one student's hand-in before the run.

    `manual` are points that a person has given, by task, and `comments` what it has written;
    `automatic` are the judge's points, `extra` those that a person has added, by task, and
    `penalty` what lateness has taken.
    `key`, `execute` and `outputs` are None when there is no verdict of ours. `read` is the look
    that its folder had, and what was read in it then.
    """

    handed_in: datetime | None = None
    extension: timedelta = timedelta(0)
    manual: dict[str, float] = field(default_factory=dict)
    comments: dict[str, str] = field(default_factory=dict)
    automatic: dict[str, float | None] = field(default_factory=dict)
    extra: dict[str, float] = field(default_factory=dict)
    penalty: float = 0.0
    recorded: dict[str, float] | None = None
    key: str | None = None
    execute: str | None = None
    outputs: dict[str, dict[str, int]] | None = None
    read: tuple[str, Reading] | None = None

    @property
    def has_grade(self) -> bool:
        """Whether the gradebook holds points for it, ours or a person's."""
        return bool(self.manual) or any(one is not None for one in self.automatic.values())

    @property
    def intact(self) -> bool:
        """Whether the points in the gradebook are still those of our verdict."""
        return self.recorded is not None and self.recorded == self.automatic


@dataclass(frozen=True)
class Record:
    """All that is written for one hand-in.

    `handed_in` is UTC without a zone; `there` are the names of the notebooks that were handed in;
    `made` is how the verdicts were reached, fit for JSON.
    """

    student: str
    handed_in: datetime | None
    there: frozenset[str]
    judgement: Judgement
    key: str
    execute: str
    outputs: dict[str, dict[str, int]]
    made: dict[str, Any]

    def points(self, notebook: str) -> dict[str, float] | None:
        """Points by task; None for a notebook that is missing, whose cells all score 0."""
        if notebook not in self.there:
            return None
        return {name: verdict.points for name, verdict in self.judgement.verdicts.items()}


class CourseGradebook:
    """Reads from and writes to the gradebook of `settings`. Close it when done.

    `judged` are the hand-ins of the archive; `due` is when the exercise is due, UTC without a zone,
    or None. Raises CourseError when the gradebook cannot be opened or does not know the exercise.
    """

    def __init__(self, settings: Settings, course: Course):
        self._settings = settings
        self.exercise = self._exercise = course.exercise.name
        self._engine = database.engine(settings.db_url)
        with database.told(self._engine, CourseError):
            if not database.has_nbgraders_tables(self._engine, OURS):
                raise self._unprepared()
            self._read_definition(course)
            OURS.create_all(self._engine)
        self.judged = JudgedHandins(self._engine, self._exercise)

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """A block that is one transaction in the gradebook's database. Raises CommonFault."""
        with database.told(self._engine, CommonFault), self._engine.begin() as connection:
            yield connection

    def _unprepared(self) -> CourseError:
        return CourseError(
            f"The gradebook does not know {self._exercise}; run `course prepare` first."
        )

    def _read_definition(self, course: Course) -> None:
        """Which assignment, notebooks and cells the exercise has in the gradebook."""
        assignments, notebooks = _assignments, api.Notebook.__table__
        with self._engine.connect() as connection:
            row = connection.execute(
                sa.select(assignments.c.id, assignments.c.duedate).where(
                    assignments.c.name == self._exercise
                )
            ).one_or_none()
            if row is None:
                raise self._unprepared()
            self._assignment, self.due = row
            found_notebooks = connection.execute(
                sa.select(notebooks.c.id, notebooks.c.name).where(
                    notebooks.c.assignment_id == self._assignment
                )
            )
            self._notebooks = {notebook.id: notebook.name for notebook in found_notebooks}
            cells = connection.execute(
                sa.select(_cells.c.id, _cells.c.name, _cells.c.notebook_id, _cells.c.type).where(
                    _cells.c.notebook_id.in_(self._notebooks)
                )
            ).all()
        graded = [cell for cell in cells if cell.type == "GradeCell"]
        self._cells = {cell.id: cell.name for cell in graded}
        self._cells_of, self._comments_of = (
            {
                notebook: [
                    cell.id for cell in cells if cell.notebook_id == notebook and is_of(cell)
                ]
                for notebook in self._notebooks
            }
            for is_of in (lambda cell: cell in graded, lambda cell: cell not in graded)
        )
        found = sorted((cell.name, cell.type) for cell in cells)
        if found != sorted(
            (task.name, kind) for task in course.tasks for kind in ("GradeCell", "SolutionCell")
        ):
            raise CourseError(
                f"The graded cells of {self._exercise} in the gradebook are not the tasks of "
                "course.toml; run `course prepare`, or grade it by `nbgrader autograde`."
            )

    # --- what is known ----------------------------------------------------------------------------

    def known(self, students: Collection[str] | None = None) -> dict[str, Known]:
        """Everything known of `students`, by default of the class, by student; in four queries."""
        found: dict[str, Known] = {}
        grades = (
            sa.select(
                _submissions.c.student_id,
                _submissions.c.timestamp,
                _submissions.c.extension,
                _grades.c.cell_id,
                _grades.c.auto_score,
                _grades.c.manual_score,
                _grades.c.extra_credit,
                _notebooks.c.late_submission_penalty.label("penalty"),
            )
            .join(_notebooks, _notebooks.c.id == _grades.c.notebook_id)
            .join(_submissions, _submissions.c.id == _notebooks.c.assignment_id)
            .where(_submissions.c.assignment_id == self._assignment)
        )
        comments = (
            sa.select(_submissions.c.student_id, _cells.c.name, _comments.c.manual_comment)
            .join(_notebooks, _notebooks.c.id == _comments.c.notebook_id)
            .join(_submissions, _submissions.c.id == _notebooks.c.assignment_id)
            .join(_cells, _cells.c.id == _comments.c.cell_id)
            .where(
                _submissions.c.assignment_id == self._assignment, _comments.c.manual_comment != ""
            )
        )
        verdicts = sa.select(VERDICTS).where(VERDICTS.c.exercise == self._exercise)
        readings = sa.select(READINGS).where(READINGS.c.exercise == self._exercise)
        if students is not None:
            # No database could even be asked for some names that folders have.
            students = [student for student in students if why_refused(student) is None]
            grades = grades.where(_submissions.c.student_id.in_(students))
            comments = comments.where(_submissions.c.student_id.in_(students))
            verdicts = verdicts.where(VERDICTS.c.student.in_(students))
            readings = readings.where(READINGS.c.student.in_(students))
        with database.told(self._engine, CourseError), self._engine.connect() as connection:
            for row in connection.execute(grades):
                known = found.setdefault(
                    row.student_id, Known(row.timestamp, row.extension or timedelta(0))
                )
                known.penalty = row.penalty or 0.0  # of the one notebook with graded cells
                if row.extra_credit:
                    known.extra[self._cells[row.cell_id]] = row.extra_credit
                known.automatic[self._cells[row.cell_id]] = row.auto_score
                if row.manual_score is not None:
                    known.manual[self._cells[row.cell_id]] = row.manual_score
            for row in connection.execute(comments):
                if row.student_id in found:
                    found[row.student_id].comments[row.name] = row.manual_comment
            for row in connection.execute(verdicts):
                if row.student not in found:
                    continue
                known = found[row.student]
                # A row that we did not write so is none; its hand-in is graded anew.
                with suppress(ValueError, KeyError, TypeError, AttributeError, RecursionError):
                    recorded = {
                        task["name"]: task["recorded"] for task in json.loads(row.verdicts)["tasks"]
                    }
                    outputs = {
                        step: dict(sizes.items()) for step, sizes in json.loads(row.outputs).items()
                    }
                    known.recorded, known.outputs = recorded, outputs
                    known.key, known.execute = row.key, row.execute
            with suppress(ValueError):  # a time that we did not write so
                for row in connection.execute(readings):
                    if row.student in found:
                        found[row.student].read = (row.look, Reading(row.content, row.handed_in))
        return found

    def students(self) -> list[str]:
        """The names of all students that the gradebook knows, sorted."""
        with self.transaction() as connection:
            return sorted(connection.execute(sa.select(_students.c.id)).scalars())

    def people(self) -> list[dict[str, str]]:
        """Who the students are: student, first_name, last_name, email, platform_id; "" for none."""
        columns = [
            sa.func.coalesce(column, "").label(name)
            for name, column in (
                ("student", _students.c.id),
                ("first_name", _students.c.first_name),
                ("last_name", _students.c.last_name),
                ("email", _students.c.email),
                ("platform_id", _students.c.lms_user_id),
            )
        ]
        with self.transaction() as connection:
            return [dict(row) for row in connection.execute(sa.select(*columns)).mappings()]

    def seconds_late(self, handed_in: datetime | None, extension: timedelta) -> float:
        """How late a hand-in is, in seconds; 0 in time, and without a time or a due date."""
        if handed_in is None or self.due is None:
            return 0.0
        whole = handed_in.replace(microsecond=0)  # the last second counts to its end
        return max(0.0, (whole - self.due - extension).total_seconds())

    # --- what is written --------------------------------------------------------------------------

    def record(self, record: Record) -> None:
        """Write everything of one hand-in, or nothing.

        Raises CourseError when the gradebook does not take this one, and CommonFault when it takes
        none.
        """
        with database.told(self._engine, CommonFault):
            try:
                with self._engine.begin() as connection:
                    self._write(connection, record)
            except (DataError, IntegrityError) as error:
                said = database.first_line(error)
                raise CourseError(
                    f"The gradebook does not take what belongs to it ({said})."
                ) from None

    def _write(self, connection: sa.Connection, record: Record) -> None:
        submission, handed_in, extension = self._submission(connection, record)
        late = self.seconds_late(handed_in, extension)
        rows = connection.execute(
            sa.select(
                _grades.c.id,
                _grades.c.cell_id,
                _grades.c.manual_score,
                _grades.c.extra_credit,
                _notebooks.c.id.label("notebook"),
                _notebooks.c.notebook_id.label("which"),
            )
            .join(_notebooks, _notebooks.c.id == _grades.c.notebook_id)
            .where(self._of(submission), _grades.c.cell_id.in_(self._cells))
        ).all()
        scores: dict[str, float] = {}
        changes, recorded = [], {}
        for row in rows:
            points = record.points(self._notebooks[row.which])
            task = self._cells[row.cell_id]
            automatic = points[task] if points else 0.0
            manual = row.manual_score if points else None
            recorded[task] = automatic
            changes.append(
                {"grade": row.id, "auto_score": automatic, "needs_manual_grade": manual is not None}
            )
            score = automatic if row.manual_score is None else row.manual_score
            scores[row.which] = scores.get(row.which, 0.0) + score + (row.extra_credit or 0.0)
        connection.execute(sa.update(_grades).where(_grades.c.id == sa.bindparam("grade")), changes)
        self._penalise(connection, record, submission, scores, late)
        self._keep_verdict(connection, record, recorded)

    def verdicts(self) -> dict[str, dict[str, Any]]:
        """What was recorded of each student's verdicts, as JSON has it; of nobody else's."""
        query = sa.select(VERDICTS.c.student, VERDICTS.c.verdicts).where(
            VERDICTS.c.exercise == self._exercise
        )
        found = {}
        with database.told(self._engine, CourseError), self._engine.connect() as connection:
            for row in connection.execute(query):
                with suppress(ValueError, RecursionError):  # a row that we did not write so
                    found[row.student] = json.loads(row.verdicts)
        return found

    def reached_otherwise(self, kit: str) -> int:
        """How many verdicts were not reached with the kit of this digest."""
        query = sa.select(sa.func.count()).where(
            VERDICTS.c.exercise == self._exercise, VERDICTS.c.verdicts.not_like(f'%"{kit}"%')
        )
        with database.told(self._engine, CourseError), self._engine.connect() as connection:
            return connection.execute(query).scalar_one()

    def hold(self, keys: Mapping[str, str]) -> None:
        """Have the verdicts of these students hold under new keys, all or none."""
        if not keys:
            return
        mine = (VERDICTS.c.exercise == self._exercise) & (
            VERDICTS.c.student == sa.bindparam("whose")
        )
        rows = [{"whose": student, "new": key} for student, key in keys.items()]
        with database.told(self._engine, CommonFault), self._engine.begin() as connection:
            connection.execute(
                sa.update(VERDICTS).where(mine).values(key=sa.bindparam("new")), rows
            )

    def keep_readings(self, readings: Mapping[str, tuple[str, Reading]]) -> None:
        """Keep what was read, by student with the look that the folder had, in one transaction.

        What cannot be kept is read again by the next run, which is no reason to fail in this one.
        """
        rows = [
            {
                "exercise": self._exercise,
                "student": student,
                "look": look,
                "content": reading.content,
                "handed_in": reading.handed_in,
            }
            for student, (look, reading) in readings.items()
        ]
        if not rows:
            return
        ours = (READINGS.c.exercise == self._exercise) & (
            READINGS.c.student == sa.bindparam("whose")
        )
        with suppress(SQLAlchemyError), self._engine.begin() as connection:
            connection.execute(sa.delete(READINGS).where(ours), [{"whose": s} for s in readings])
            connection.execute(sa.insert(READINGS), rows)

    def _of(self, submission: str) -> sa.ColumnElement[bool]:
        """Which notebooks are of a submission.

        nbgrader's tables have no index that begins with a submission; with the exercise's notebooks
        (and cells) named, its unique ones serve, and no query reads the grades of a whole class.
        """
        return _notebooks.c.notebook_id.in_(self._notebooks) & (
            _notebooks.c.assignment_id == submission
        )

    def _submission(
        self, connection: sa.Connection, record: Record
    ) -> tuple[str, datetime | None, timedelta]:
        """The student's submission, made if need be: id, time, and the extension granted."""
        ours = (_submissions.c.assignment_id == self._assignment) & (
            _submissions.c.student_id == record.student
        )
        row = connection.execute(
            sa.select(_submissions.c.id, _submissions.c.timestamp, _submissions.c.extension).where(
                ours
            )
        ).one_or_none()
        if row is not None:
            # Without a time of its own, nbgrader leaves a hand-in the one that it had.
            handed_in = record.handed_in or row.timestamp
            if handed_in != row.timestamp:
                connection.execute(
                    sa.update(_submissions)
                    .where(_submissions.c.id == row.id)
                    .values(timestamp=handed_in)
                )
            return row.id, handed_in, row.extension or timedelta(0)
        known = connection.execute(
            sa.select(_students.c.id).where(_students.c.id == record.student)
        ).one_or_none()
        if known is None:
            connection.execute(sa.insert(_students).values(id=record.student))
        submission = _id_beside_others()
        connection.execute(
            sa.insert(_submissions).values(
                id=submission,
                assignment_id=self._assignment,
                student_id=record.student,
                timestamp=record.handed_in,
            )
        )
        for notebook, cells in self._cells_of.items():
            mine = _id_beside_others()
            connection.execute(
                sa.insert(_notebooks).values(
                    id=mine, assignment_id=submission, notebook_id=notebook
                )
            )
            if cells:
                connection.execute(
                    sa.insert(_grades),
                    [
                        {"id": _id_beside_others(), "cell_id": cell, "notebook_id": mine}
                        for cell in cells
                    ],
                )
            if commented := self._comments_of[notebook]:
                connection.execute(
                    sa.insert(_comments),
                    [
                        {"id": _id_beside_others(), "cell_id": cell, "notebook_id": mine}
                        for cell in commented
                    ],
                )
        return submission, record.handed_in, timedelta(0)

    def _penalise(
        self,
        connection: sa.Connection,
        record: Record,
        submission: str,
        scores: Mapping[str, float],
        late: float,
    ) -> None:
        """nbgrader sets the penalty of the notebooks that are there, and of no other."""
        notebooks = connection.execute(
            sa.select(
                _notebooks.c.id,
                _notebooks.c.notebook_id.label("which"),
                _notebooks.c.late_submission_penalty.label("penalty"),
            ).where(self._of(submission))
        ).all()
        for row in notebooks:
            if self._notebooks[row.which] not in record.there:
                continue
            penalty = self._settings.penalty(record.student, scores.get(row.which, 0.0), late)
            if penalty != row.penalty:
                connection.execute(
                    sa.update(_notebooks)
                    .where(_notebooks.c.id == row.id)
                    .values(late_submission_penalty=penalty)
                )

    def _keep_verdict(
        self, connection: sa.Connection, record: Record, recorded: Mapping[str, float]
    ) -> None:
        verdicts = {**record.judgement.as_json(), "made": record.made}
        for task in verdicts["tasks"]:
            task["recorded"] = recorded[task["name"]]
        row: dict[str, Any] = {
            "key": record.key,
            "execute": record.execute,
            "seed": str(record.judgement.seed),
            "sandbox": record.judgement.sandbox,
            "graded": datetime.now(UTC).replace(tzinfo=None),
            "verdicts": json.dumps(verdicts, ensure_ascii=False),
            "outputs": json.dumps(record.outputs),
        }
        ours = (VERDICTS.c.exercise == self._exercise) & (VERDICTS.c.student == record.student)
        if not connection.execute(sa.update(VERDICTS).where(ours).values(row)).rowcount:
            connection.execute(
                sa.insert(VERDICTS).values(exercise=self._exercise, student=record.student, **row)
            )

    def close(self) -> None:
        self._engine.dispose()


def _id_beside_others() -> str:
    """An id as long as nbgrader's, but later ones sort later, as in version 7 of RFC 9562.

    So the rows of one hand-in lie side by side in the indexes, however large these are.
    """
    return f"{time.time_ns() // 1_000_000:012x}{secrets.token_hex(10)}"
