"""A verdict, and the words in which a student reads it."""

import textwrap
from dataclasses import dataclass, field

import numpy as np

WIDTH = 80
_INDENT = 8
_NAME = 16  # the longest name of a task


@dataclass(frozen=True)
class Verdict:
    """What a check found.

    Attributes
    ----------
    task : str
    points, max_points : float
        All or nothing.
    passed : bool
    says : str
        One sentence.
    cause : str or None
        A name from ``causes.CAUSES``; None when passed.
    hint : str
        What to try next; empty when passed.
    printed : tuple of str
        The first lines that the student's code printed; ``printed_more`` lines followed.
    wanted, got : arrays or None
        The first array that differs, as it should be and as it is; ``array`` is its name.
    besides : tuple of str
        The causes of what else is told in ``says``.
    stronger : str
        A second hint, for who fails again with other code. It is shown beside the words.
    unexplained : tuple of str
        The arrays whose mistake is not found, in the case ``case``; ``unknown`` are those of them
        that look like none, and ``composed`` those that several known mistakes explain.
    where : str
        What ``says`` ends with, if it only narrows down where to look.
    line : int or None
        The line of the task's file that raised an exception.
    """

    task: str
    points: float
    max_points: float
    passed: bool
    says: str
    cause: str | None = None
    hint: str = ""
    printed: tuple = field(default=(), repr=False)
    printed_more: int = field(default=0, repr=False)
    wanted: np.ndarray | None = field(default=None, repr=False, compare=False)
    got: np.ndarray | None = field(default=None, repr=False, compare=False)
    array: str | None = field(default=None, repr=False)
    besides: tuple = field(default=(), repr=False)
    stronger: str = field(default="", repr=False)
    unexplained: tuple = field(default=(), repr=False, compare=False)
    unknown: tuple = field(default=(), repr=False, compare=False)
    composed: tuple = field(default=(), repr=False, compare=False)
    where: str = field(default="", repr=False, compare=False)
    case: object = field(default=None, repr=False, compare=False)
    line: int | None = field(default=None, repr=False, compare=False)

    @property
    def name(self):
        return self.task

    def __float__(self):
        return float(self.points)

    def to_dict(self):
        """What goes into reports; nothing but text, numbers and None."""
        return {
            "name": self.task,
            "points": float(self.points),
            "max_points": float(self.max_points),
            "passed": self.passed,
            "says": self.says,
            "cause": self.cause,
            "hint": self.hint,
        }

    def __str__(self):
        sign = "✓ pass" if self.passed else "✗ fail"
        points = f"{self.points:g} of {self.max_points:g} points. " if self.passed else ""
        lines = _wrapped(f"{sign}  {self.task:<{_NAME}}  {points}{self.says}", "")
        if self.hint:
            lines += _wrapped(self.hint, " " * _INDENT)
        return "\n".join(lines + self._printed())

    def _printed(self):
        if not self.printed:
            return []
        lines = ["Your code printed:", *(f"| {line}" for line in self.printed)]
        if self.printed_more:
            plural = "" if self.printed_more == 1 else "s"
            lines.append(f"… and {self.printed_more:,} more line{plural}")
        longest = WIDTH - _INDENT
        return [
            " " * _INDENT + (line if len(line) <= longest else line[: longest - 1] + "…")
            for line in lines
        ]


def indented(text):
    """``text`` in lines that stand below a verdict."""
    return "\n".join(_wrapped(text, " " * _INDENT))


def _wrapped(text, first):
    """The lines of ``text``, at most 80 columns, the later ones indented."""
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=" " * _INDENT,
        break_on_hyphens=False,
    )


def say(text):
    """Print, also where the terminal's encoding lacks a sign."""
    try:
        print(text)
    except UnicodeEncodeError:
        print(
            text.replace("✓ ", "")
            .replace("✗ ", "")
            .replace("…", "...")
            .encode("ascii", "replace")
            .decode()
        )
