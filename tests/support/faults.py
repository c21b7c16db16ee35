"""Kinds of exceptions, odd ones too, that a test raises where one hand-in is dealt with."""

from __future__ import annotations

import decimal
import re
from collections.abc import Callable
from functools import wraps

import pytest


class Mute(Exception):
    """Cannot even say what it is."""

    def __str__(self):
        raise RuntimeError("no words")


KINDS = {
    "ValueError": lambda: ValueError("odd"),
    "OSError": lambda: OSError(5, "Input/output error"),
    "KeyError": lambda: KeyError("cells"),
    "RuntimeError": lambda: RuntimeError("odd\x1b[2J"),
    "RecursionError": lambda: RecursionError("too deep"),
    "MemoryError": MemoryError,
    "UnicodeEncodeError": lambda: UnicodeEncodeError("utf-8", "\udcff", 0, 1, "surrogate"),
    "InvalidOperation": decimal.InvalidOperation,
    "AssertionError": lambda: AssertionError(),
    "Mute": Mute,
}


def raised(kind: str) -> Exception:
    """A new exception of that kind."""
    return KINDS[kind]()


# --- one class with a victim for each step and each kind ------------------------------------------

HONEST = ("anna", "ben", "mira", "zoe")


def victims(steps: dict[str, tuple[object, str]]) -> dict[str, str]:
    """The kind of error for each victim, whose name also says at which step it is raised."""
    return {f"v.{step}.{kind}": kind for step in steps for kind in KINDS}


def inject(patch: pytest.MonkeyPatch, steps: dict[str, tuple[object, str]]) -> set[str]:
    """Have every step, a function of ``owner.name``, raise what its victims are called after.

    A call is about a victim when the name stands in what it is given: a path, or the comment in the
    hand-in's own files. Returns the names of those that have been reached, as they are.
    """
    reached: set[str] = set()
    for step, (owner, name) in steps.items():
        patch.setattr(owner, name, _raising(getattr(owner, name), step, reached))
    return reached


def _raising(original: Callable, step: str, reached: set[str]) -> Callable:
    mark = re.compile(rf"v\.{step}\.([A-Za-z]+)")

    @wraps(original)
    def call(*arguments, **options):
        if found := mark.search(repr((arguments, options))):
            reached.add(found[0])
            raise raised(found[1])
        return original(*arguments, **options)

    return call
