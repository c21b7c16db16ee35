"""Tables for people, in the terminal. A colour never says anything that a word does not say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console, JustifyMethod
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from i2dl_course.handins.plain_text import plain
from i2dl_course.manifest import Task
from i2dl_course.reporting.outcome import number
from i2dl_course.verdicts import Judgement, TaskVerdict

if TYPE_CHECKING:
    from i2dl_course.samples.demo import Result

_NARROW = 64  # columns: below, the table would leave a word's width for what was found


def mark(passed: bool) -> Text:
    """✓ pass or ✗ fail."""
    return Text("✓ pass", style="green") if passed else Text("✗ fail", style="red")


def judgement_table(judgement: Judgement, console: Console) -> None:
    """Print the verdicts of ``course judge``; where a column is too narrow for words, as lines."""
    (_verdict_lines if console.width < _NARROW else _verdict_table)(judgement, console)
    bonus = "bonus" if judgement.bonus else "no bonus"
    console.print(
        f"Total {number(judgement.score)} of {judgement.max_score} points, {bonus} "
        f"(from {judgement.pass_mark} points).",
        highlight=False,
    )
    console.print(
        f"Student code ran under: {judgement.sandbox}. Cases drawn from seed {judgement.seed}.",
        highlight=False,
    )


def _shortened(words: Iterable[str]) -> dict[str, str]:
    """Each word by its first letters, three of them or as many as tell it from the others."""
    words = sorted(words)
    short = {}
    for word in words:
        others = [other for other in words if other != word]
        length = 3
        while length < len(word) and any(other.startswith(word[:length]) for other in others):
            length += 1
        short[word] = word[:length]
    return short


def _verdict_table(judgement: Judgement, console: Console) -> None:
    table = Table(pad_edge=False, show_lines=False)
    table.add_column("Task", no_wrap=True)
    table.add_column("Points", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("What was found", overflow="fold")
    for verdict in judgement.verdicts.values():
        table.add_row(verdict.name, _points(verdict), mark(verdict.passed), _found(verdict))
    console.print(table)


def _verdict_lines(judgement: Judgement, console: Console) -> None:
    for verdict in judgement.verdicts.values():
        points = Text(f"{verdict.name}, {_points(verdict)} points: ", style="bold")
        console.print(points.append_text(mark(verdict.passed)), highlight=False)
        console.print(Padding(_found(verdict), (0, 0, 1, 2)))


def _points(verdict: TaskVerdict) -> str:
    return f"{number(verdict.points)}/{verdict.max_points}"


def _found(verdict: TaskVerdict) -> Text:
    found = Text(plain(verdict.says, keep="\n"), overflow="fold")
    if not verdict.passed and verdict.hint:
        found.append(f"\nHint: {verdict.hint}", style="italic")
    return found


def class_table(results: Iterable[Result], tasks: Sequence[Task], console: Console) -> None:
    """Print the class of ``course demo``: student × task, total, bonus, late."""
    named = [(task, task.name.split("_")) for task in tasks]
    short = _shortened({word for _, words in named for word in words})
    table = Table(
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 1, 0, 0),
        caption=", ".join(f"{cut}: {word}" for word, cut in short.items() if cut != word),
        caption_justify="left",
    )
    heads = [[*(short[word] for word in words), f"/{task.points}"] for task, words in named]
    height = max(map(len, heads))

    def add_column(*lines: str, justify: JustifyMethod = "left") -> None:
        head = "\n" * (height - len(lines)) + "\n".join(lines)
        table.add_column(head, justify=justify, no_wrap=True)

    add_column("Student")
    for head in heads:
        add_column(*head, justify="right")
    add_column("total", justify="right")
    add_column("bonus")
    add_column("late")
    for result in results:
        grades = result.grades
        if grades is None:
            table.add_row(result.persona.name, *["–"] * len(tasks), "–", "–", "–")
            continue
        cells = []
        for task in tasks:
            points = grades.points[task.name]
            cells.append(
                Text(
                    f"{'✓' if points == task.points else '✗'} {number(points)}",
                    style="green" if points == task.points else "red",
                )
            )
        table.add_row(
            result.persona.name,
            *cells,
            number(grades.total),
            "✓ yes" if result.bonus else "✗ no",
            "✗ late" if grades.late else "in time",
        )
    console.print(table)
