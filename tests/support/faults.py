"""Kinds of exceptions, odd ones too, that a test raises where one hand-in is dealt with."""

import decimal


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
