"""What comes of judging one hand-in: a verdict for each task."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class TaskVerdict:
    """The verdict on one task; the fields of ``course judge --json``, in that order."""

    name: str
    points: float
    max_points: int
    passed: bool
    says: str
    cause: str | None
    hint: str


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
    def max_score(self) -> int:
        return sum(verdict.max_points for verdict in self.verdicts.values())

    @property
    def bonus(self) -> bool:
        return self.score >= self.pass_mark

    def as_json(self) -> dict:
        """The one object of ``course judge --json``."""
        return {
            "score": self.score,
            "max_score": self.max_score,
            "bonus": self.bonus,
            "sandbox": self.sandbox,
            "seed": self.seed,
            "tasks": [asdict(verdict) for verdict in self.verdicts.values()],
        }
