"""The one way on which text that a student had a say in gets to a terminal, a log or a page."""

from __future__ import annotations

LONGEST_NAME = 120  # characters
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def plain(text: object, keep: str = "") -> str:
    """`text` with a sign in place of every character that is not one to be seen, but `keep`.

    What is replaced moves the cursor, turns the direction of what follows around, breaks the line,
    or cannot be encoded: escapes and other control characters, bidirectional marks, lone
    surrogates.
    """
    text = str(text)
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in keep else _REPLACEMENT for c in text)


def shown(name: object) -> str:
    """The name of a file as it may be printed: plain, and not too long."""
    text = plain(name)
    return text if len(text) <= LONGEST_NAME else f"{text[:LONGEST_NAME]}…"
