"""One hand-in → its verdicts, its notebooks and its pages of feedback: the one task of a class run.

The same function serves one machine and many: it takes the hand-in as bytes and gives bytes back,
and touches neither the gradebook nor the course's run-time folders.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import TracebackType

from i2dl_course import sandbox
from i2dl_course.grading.referee import SECONDS_PER_TASK, Judgement, judge
from i2dl_course.manifest import Course
from i2dl_course.submission.opening import HandIn

# Which notebooks are run for the feedback.
NOTHING, GRADED, ALL = EXECUTE = ("nothing", "graded", "all")


@dataclass(frozen=True)
class Standing:
    """What the gradebook already knows of a hand-in, for its page of feedback.

    `manual` are points that a person has given, by task; they replace the judge's. `late` says
    whether the hand-in came after the deadline, and hence scores 0.
    """

    manual: dict[str, float] = field(default_factory=dict)
    late: bool = False


@dataclass(frozen=True)
class Assessment:
    """What came of one hand-in. `notebooks` and `pages` are by notebook, without `.ipynb`."""

    judgement: Judgement
    notebooks: dict[str, bytes]
    pages: dict[str, bytes]
    notes: tuple[str, ...]


class Assessor:
    """Assesses hand-ins one after the other, with warm sandboxes. Close it, or use it in a `with`.

    Parameters
    ----------
    course : Course
    level : str, optional
        The sandbox; by default the best that works here.
    execute : "nothing", "graded" or "all"
        Which notebooks are run, and written as notebooks and pages; with "nothing" there are
        verdicts only.
    seconds : float
        Time limit of one call of a student's function.

    Raises CourseError when no sandbox is to be had.
    """

    def __init__(
        self,
        course: Course,
        level: str | None = None,
        execute: str = GRADED,
        seconds: float = SECONDS_PER_TASK,
    ):
        self.course = course
        self.execute = execute
        self._seconds = seconds
        self._launch = sandbox.launcher(level)

    @property
    def level(self) -> str:
        """The sandbox that is used, as verdicts name it."""
        return self._launch.level

    def assess(self, handin: HandIn, seed: int, standing: Standing | None = None) -> Assessment:
        """Judge `handin` on the cases of `seed`; run its notebooks and write its pages."""
        judgement = judge(handin, self.course, seed, self._seconds, self._launch)
        return Assessment(judgement, {}, {}, tuple(handin.notes()))

    def close(self) -> None:
        """End what is kept warm."""

    def __enter__(self) -> Assessor:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
