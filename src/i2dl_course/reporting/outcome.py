"""What a student is told of the tasks: points, what was found, and what to try next.

It comes from the referee's verdicts, or from a graded notebook in which they were recorded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

RECORD = "i2dl"  # the key in a notebook's metadata under which verdicts and notes travel


@dataclass(frozen=True)
class TaskOutcome:
    """One task. `by_hand` says that a person has given the points, and no check."""

    name: str
    points: float
    max_points: float
    says: str
    hint: str = ""
    by_hand: bool = False

    @property
    def passed(self) -> bool:
        return self.points >= self.max_points


@dataclass(frozen=True)
class Outcome:
    """All tasks of a hand-in. `penalty` are the points that a late one loses."""

    tasks: tuple[TaskOutcome, ...]
    pass_mark: float
    penalty: float = 0.0

    @property
    def earned(self) -> float:
        return sum(task.points for task in self.tasks)

    @property
    def total(self) -> float:
        return max(0.0, self.earned - self.penalty)

    @property
    def max_total(self) -> float:
        return sum(task.max_points for task in self.tasks)

    @property
    def percent(self) -> float:
        return 100 * self.total / self.max_total if self.max_total else 0.0

    @property
    def bonus(self) -> bool:
        return self.total >= self.pass_mark


def number(value: float) -> str:
    """Points without a needless ".0"."""
    return f"{value:g}"


def of_verdicts(
    verdicts: Iterable,
    pass_mark: float,
    manual: Mapping[str, float] | None = None,
    late: bool = False,
) -> Outcome:
    """The outcome of the referee's `verdicts`, with a person's points, by task, in their place.

    A late hand-in loses all of its points.
    """
    manual = manual or {}
    tasks = tuple(
        TaskOutcome(
            verdict.name,
            float(manual.get(verdict.name, verdict.points)),
            float(verdict.max_points),
            verdict.says,
            verdict.hint,
            verdict.name in manual,
        )
        for verdict in verdicts
    )
    return Outcome(tasks, pass_mark, sum(task.points for task in tasks) if late else 0.0)


def record(notebook: dict, verdicts: Iterable, notes: Iterable[str] = ()) -> None:
    """Put `verdicts` and the `notes` for the student into the metadata of `notebook`."""
    notebook["metadata"][RECORD] = {
        "notes": list(notes),
        "verdicts": {
            verdict.name: {
                "points": float(verdict.points),
                "says": verdict.says,
                "hint": verdict.hint,
            }
            for verdict in verdicts
        },
    }


def of_notebook(notebook: dict, pass_mark: float, penalty: float = 0.0) -> Outcome | None:
    """The outcome of a graded notebook with nbgrader's scores; None when no cell is graded.

    What was found is what `record` has put there, else what the graded cell has printed.
    """
    verdicts = notebook["metadata"].get(RECORD, {}).get("verdicts", {})
    tasks = []
    for cell in notebook["cells"]:
        grading = cell["metadata"].get("nbgrader", {})
        if not grading.get("grade"):
            continue
        name = grading["grade_id"]
        verdict = verdicts.get(name, {})
        judged = verdict.get("points", 0.0)
        score = grading.get("score")
        points = judged if score is None else score
        tasks.append(
            TaskOutcome(
                name,
                float(points),
                float(grading["points"]),
                verdict.get("says") or _printed(cell),
                verdict.get("hint", ""),
                by_hand=bool(verdict) and points != judged,
            )
        )
    return Outcome(tuple(tasks), pass_mark, penalty) if tasks else None


def notes_of(notebook: dict) -> tuple[str, ...]:
    """The notes that `record` has put into `notebook`."""
    return tuple(notebook["metadata"].get(RECORD, {}).get("notes", ()))


def _printed(cell: dict) -> str:
    texts = []
    for output in cell.get("outputs", ()):
        if output["output_type"] == "stream":
            text = output["text"]
            texts.append("".join(text) if isinstance(text, list) else text)
        elif output["output_type"] == "error":
            texts.append(f"{output['ename']}: {output['evalue']}")
    return " ".join(" ".join(texts).split())
