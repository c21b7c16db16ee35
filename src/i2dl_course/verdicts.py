"""What comes of judging one hand-in: a verdict for each task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from i2dl_course.manifest import Task


@dataclass(frozen=True)
class TaskVerdict:
    """The verdict on one task.

    All but the last two are the fields of ``course judge --json``, in that order. `words` are what
    the check prints in the notebook; `stronger` is a second hint, which a page shows beside the
    first to whoever has failed the task with other code, too.
    """

    name: str
    points: float
    max_points: float
    passed: bool
    says: str
    cause: str | None
    hint: str
    words: str = ""
    stronger: str = ""

    @classmethod
    def of(cls, task: Task, verdict: Any) -> TaskVerdict:
        """The verdict of a check of exercise_code.tests, with the points of course.toml."""
        points = {"points": float(task.points) if verdict.passed else 0.0}
        found = {**verdict.to_dict(), **points, "max_points": task.points}
        stronger = getattr(verdict, "stronger", "")  # not every course has such hints
        return cls(**found, words=str(verdict), stronger=stronger)

    def as_json(self) -> dict[str, Any]:
        """One of the tasks of ``course judge --json``."""
        found = asdict(self)
        del found["words"], found["stronger"]
        return found


@dataclass(frozen=True)
class Judgement:
    """The verdicts on one hand-in, and how they were reached."""

    verdicts: dict[str, TaskVerdict]
    pass_mark: int
    sandbox: str
    seed: int

    @property
    def score(self) -> float:
        return sum(verdict.points for verdict in self.verdicts.values())

    @property
    def max_score(self) -> float:
        return sum(verdict.max_points for verdict in self.verdicts.values())

    @property
    def bonus(self) -> bool:
        return self.score >= self.pass_mark

    @classmethod
    def kept(cls, found: Mapping[str, Any]) -> Judgement:
        """The judgement of which :meth:`to_keep` has given `found`."""
        verdicts = {name: TaskVerdict(**task) for name, task in found["verdicts"].items()}
        return cls(verdicts, found["pass_mark"], found["sandbox"], found["seed"])

    def to_keep(self) -> dict[str, Any]:
        """All of it, fit for JSON."""
        return asdict(self)

    def as_json(self) -> dict:
        """The one object of ``course judge --json``."""
        return {
            "score": self.score,
            "max_score": self.max_score,
            "bonus": self.bonus,
            "sandbox": self.sandbox,
            "seed": self.seed,
            "tasks": [verdict.as_json() for verdict in self.verdicts.values()],
        }
