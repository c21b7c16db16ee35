"""The page of the door: what a student has handed in, and a form for the next one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from i2dl_course.manifest import Course
from i2dl_course.reporting.outcome import Outcome, number
from i2dl_course.reporting.templates import template

_HERE = Path(__file__).parent
STYLE = (_HERE / "door.css").read_text(encoding="utf-8")
SCRIPT = (_HERE / "door.js").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Handed:
    """One hand-in, as its student sees it. `received` is its time in words.

    Once it is judged it has an `outcome` or a `problem`. `late` says why it does not count;
    `notes` say what was not taken of it.
    """

    number: int
    received: str
    receipt: str
    judged: bool
    outcome: Outcome | None
    problem: str | None
    late: str | None
    counts: bool
    notes: tuple[str, ...] = ()


def door_page(
    course: Course,
    student: str | None,
    handed: Sequence[Handed],
    error: str | None = None,
    once: str = "",
    here: str = "",
    action: str = "",
    base: str = "/",
) -> str:
    """The page for `student`, with all hand-ins, the newest first; for nobody, with `error` alone.

    `base` is the address of the door, `here` that of the page without a slash at its end, `action`
    where the form goes. `once` names the hand-in that the form will send.
    """
    return template("reporting/door.html").render(
        exercise=course.exercise,
        student=student,
        handed=handed,
        best=next((one for one in handed if one.counts), None),
        error=error,
        once=once,
        here=here,
        action=action,
        base=base,
        moment=moment,
        number=number,
    )


def moment(time: datetime) -> str:
    """A time to the second, as people write it."""
    return f"{time.day} {time:%B %Y, %H:%M:%S}"
