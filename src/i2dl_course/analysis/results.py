"""A class and what came of it, student by student."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from i2dl_course.manifest import Course
from i2dl_course.verdicts import TaskVerdict


@dataclass(frozen=True)
class Try:
    """One hand-in of a student.

    `number` is that of its receipt, None where there is none; `received` knows its zone, and is
    None where only a learning platform knows; `verdicts` are empty when it was not judged.
    """

    number: int | None
    received: datetime | None
    verdicts: tuple[TaskVerdict, ...] = ()


@dataclass(frozen=True)
class StudentResult:
    """What one student has done and got; `tries` are in the order of receipt.

    `points` are those that count, by task, before `penalty`; they are empty when nothing of the
    student's is graded, and `extra` is what a person has given beside them. `seconds` are what
    grading took, `page` is the page of feedback; both are None where nobody knows.
    """

    student: str
    tries: tuple[Try, ...] = ()
    points: Mapping[str, float] = field(default_factory=dict)
    extra: float = 0.0
    penalty: float = 0.0
    late: bool = False
    sandbox: str | None = None
    seconds: float | None = None
    page: Path | None = None

    @property
    def graded(self) -> bool:
        """Whether the gradebook holds points."""
        return bool(self.points)

    @property
    def handed_in(self) -> bool:
        """Whether anything was received."""
        return bool(self.tries)

    @property
    def earned(self) -> float:
        """The points before the penalty."""
        return sum(self.points.values()) + self.extra

    @property
    def total(self) -> float:
        """The points that count; nbgrader lets nobody have fewer than none."""
        return max(0.0, self.earned - self.penalty)


@dataclass(frozen=True)
class ClassResults:
    """Everybody of a class, sorted by name, whether they have handed in or not."""

    course: Course
    students: tuple[StudentResult, ...]

    @property
    def graded(self) -> list[StudentResult]:
        """Those who have points."""
        return [one for one in self.students if one.graded]

    def has_bonus(self, one: StudentResult) -> bool:
        """Whether that student reaches the pass mark."""
        return one.graded and one.total >= self.course.exercise.pass_mark

    def passes(self, one: StudentResult, task: str) -> bool:
        """Whether that student has all points of `task`."""
        return one.points.get(task, 0.0) >= self.course.tasks_by_name[task].points
