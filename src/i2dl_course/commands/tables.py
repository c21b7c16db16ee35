"""Tables for people, in the terminal. A colour never says anything that a word does not say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from i2dl_course.handins.plain_text import plain
from i2dl_course.manifest import Task
from i2dl_course.reporting.outcome import number
from i2dl_course.samples.demo import Result
from i2dl_course.verdicts import Judgement


def mark(passed: bool) -> Text:
    """✓ pass or ✗ fail."""
    return Text("✓ pass", style="green") if passed else Text("✗ fail", style="red")


def judgement_table(judgement: Judgement, console: Console) -> None:
    """Print the verdicts of ``course judge``; 80 columns are enough."""
    table = Table(pad_edge=False, show_lines=False)
    table.add_column("Task", no_wrap=True)
    table.add_column("Points", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("What was found", overflow="fold")
    for verdict in judgement.verdicts.values():
        points = f"{number(verdict.points)}/{verdict.max_points}"
        says = Text(plain(verdict.says, keep="\n"))
        if not verdict.passed and verdict.hint:
            says.append(f"\nHint: {verdict.hint}", style="italic")
        table.add_row(verdict.name, points, mark(verdict.passed), says)
    console.print(table)
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


def class_table(results: Iterable[Result], tasks: Sequence[Task], console: Console) -> None:
    """Print the class of ``course demo``: student × task, total, bonus, late."""
    table = Table(
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 1, 0, 0),
        caption="aff, sig, net: affine, sigmoid, network. fwd, bwd: forward, backward.",
        caption_justify="left",
    )
    table.add_column("\n\nStudent", no_wrap=True)
    for task in tasks:
        part, _, direction = task.name.partition("_")
        short = {"forward": "fwd", "backward": "bwd"}.get(direction, direction[:4])
        table.add_column(f"{part[:3]}\n{short}\n/{task.points}", justify="right", no_wrap=True)
    table.add_column("\n\ntotal", justify="right", no_wrap=True)
    table.add_column("\n\nbonus", no_wrap=True)
    table.add_column("\n\nlate", no_wrap=True)
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
