"""What a student is told of the tasks: points, what was found, and what to try next.

It comes from the referee's verdicts, or from a graded notebook in which they were recorded.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from i2dl_course.verdicts import TaskVerdict

RECORD = "i2dl"  # the key in a notebook's metadata under which verdicts and notes travel


@dataclass(frozen=True)
class Outcome:
    """All tasks of a hand-in, with the points that count.

    `penalty` are the points that a late one loses; `by_hand` are the tasks whose points a person
    has given, in place of the check's, and `comments` what a person has written, by task. `tried`
    are the tasks that were failed with other code, too: these have a second hint.
    """

    tasks: tuple[TaskVerdict, ...]
    pass_mark: float
    penalty: float = 0.0
    by_hand: frozenset[str] = frozenset()
    comments: Mapping[str, str] = field(default_factory=dict)
    tried: frozenset[str] = frozenset()

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
    def repeats(self) -> dict[str, str]:
        """Failed task -> the first task of which the very same was found, such as a broken file."""
        first: dict[str, str] = {}
        failed = [task for task in self.tasks if task.says and not task.passed]
        told = {task.name: first.setdefault(task.says, task.name) for task in failed}
        return {task: other for task, other in told.items() if task != other}

    @property
    def bonus(self) -> bool:
        return self.total >= self.pass_mark


def number(value: float) -> str:
    """Points without a needless ".0"."""
    return f"{value:g}"


@dataclass(frozen=True)
class Standing:
    """What is known of a hand-in beside its verdicts.

    `manual` are points that a person has given, by task, which replace the judge's, `extra` those
    that it has added to either, and `comments` what it has written. `penalties` are the points that
    lateness takes, by those that were earned; empty for a hand-in in time. `tried` are the tasks
    that another hand-in of the same student has failed with other code.
    """

    manual: Mapping[str, float] = field(default_factory=dict)
    extra: Mapping[str, float] = field(default_factory=dict)
    comments: Mapping[str, str] = field(default_factory=dict)
    penalties: Mapping[float, float] = field(default_factory=dict)
    tried: frozenset[str] = frozenset()

    @classmethod
    def of_no_avail(cls, most: int) -> Standing:
        """Of a hand-in that does not count: all of its points, at `most` so many, are taken."""
        return cls(penalties={points: points for points in range(most + 1)})

    def points(self, task: str, judged: float) -> float:
        """The points that count for `task`."""
        return float(self.manual.get(task, judged) + self.extra.get(task, 0.0))

    def penalty(self, earned: float) -> float:
        """What lateness takes from so many points."""
        nearest = min(self.penalties, key=lambda one: abs(one - earned), default=None)
        return 0.0 if nearest is None else self.penalties[nearest]


def of_verdicts(
    verdicts: Iterable[TaskVerdict], pass_mark: float, standing: Standing | None = None
) -> Outcome:
    """The outcome of the referee's `verdicts`, and of what people have given and written."""
    standing = standing or Standing()
    tasks = tuple(
        _with_points(verdict, standing.points(verdict.name, verdict.points)) for verdict in verdicts
    )
    return Outcome(
        tasks,
        pass_mark,
        standing.penalty(sum(task.points for task in tasks)),
        frozenset({*standing.manual, *standing.extra}),
        standing.comments,
        standing.tried,
    )


def _with_points(verdict: TaskVerdict, points: float) -> TaskVerdict:
    return replace(verdict, points=points, passed=points >= verdict.max_points)


def record(
    notebook: dict,
    verdicts: Iterable[TaskVerdict],
    notes: Iterable[str] = (),
    tried: Collection[str] = (),
) -> None:
    """Put `verdicts` and the `notes` for the student into the metadata of `notebook`.

    A second hint is put there for the tasks in `tried` alone.
    """
    notebook["metadata"][RECORD] = {
        "notes": list(notes),
        "verdicts": {
            verdict.name: {
                "points": float(verdict.points),
                "says": verdict.says,
                "hint": verdict.hint,
                **({"stronger": verdict.stronger} if verdict.name in tried else {}),
            }
            for verdict in verdicts
        },
    }


def of_notebook(notebook: dict, pass_mark: float, penalty: float = 0.0) -> Outcome | None:
    """The outcome of a graded notebook with nbgrader's scores; None when no cell is graded.

    What was found is what `record` has put there, else what the graded cell has printed.
    """
    verdicts = notebook["metadata"].get(RECORD, {}).get("verdicts", {})
    tasks, by_hand, comments = [], set(), {}
    for cell in notebook["cells"]:
        grading = cell["metadata"].get("nbgrader", {})
        if not grading.get("grade"):
            continue
        name, most = grading["grade_id"], float(grading["points"])
        verdict = verdicts.get(name, {})
        judged = verdict.get("points", 0.0)
        score = grading.get("score")
        points = float(judged if score is None else score)
        says = verdict.get("says") or _printed(cell)
        hints = {"hint": verdict.get("hint", ""), "stronger": verdict.get("stronger", "")}
        tasks.append(TaskVerdict(name, points, most, points >= most, says, None, **hints))
        if verdict and points != judged:
            by_hand.add(name)
        if grading.get("comment"):
            comments[name] = grading["comment"]
    if not tasks:
        return None
    tried = frozenset(task.name for task in tasks if task.stronger)
    return Outcome(tuple(tasks), pass_mark, penalty, frozenset(by_hand), comments, tried)


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
