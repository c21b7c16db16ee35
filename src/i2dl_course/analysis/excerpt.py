"""The code of a student's function, found as text: nothing of a student's is parsed here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_LINES_OF_CODE, _LETTERS_OF_A_LINE = 12, 90  # of an excerpt
_QUOTES = re.compile(r'[rRuU]?("""|\'\'\')')


def excerpt(text: str, function: str) -> str:
    """The first lines of `function` in the file `text`, without its docstring; "" without it.

    `function` is a name, or Class.name.
    """
    found = _lines_of(text, function)
    shown = [line[_indent(found[0]) :] for line in found[:_LINES_OF_CODE]]
    if len(found) > _LINES_OF_CODE:
        shown.append("    …")
    return "\n".join(
        line if len(line) <= _LETTERS_OF_A_LINE else f"{line[:_LETTERS_OF_A_LINE]}…"
        for line in shown
    )


def bare(text: str, function: str) -> list[str]:
    """The lines of `function` without its looks, to be compared; none where there is none.

    Its looks are comments, docstring, blank lines and white space but at the beginning of a line.
    """
    code = [(_indent(line), line.partition("#")[0].split()) for line in _lines_of(text, function)]
    return [f"{indent} {''.join(words)}" for indent, words in code if words]


def _lines_of(text: str, function: str) -> list[str]:
    """All lines of `function` without blank ones and its docstring; none where there is none."""
    lines = iter(text.splitlines())
    *classes, name = function.split(".")
    for one in classes:
        _skip_to(lines, re.compile(rf"\s*class\s+{re.escape(one)}\b"))
    head = _skip_to(lines, re.compile(rf"\s*def\s+{re.escape(name)}\b"))
    if head is None:
        return []
    return [head, *_below(lines, _indent(head), head.rstrip().endswith(":"))]


def _skip_to(lines: Iterator[str], pattern: re.Pattern[str]) -> str | None:
    return next((line for line in lines if pattern.match(line)), None)


def _below(lines: Iterable[str], indent: int, in_body: bool) -> Iterator[str]:
    """What belongs to a head, but for blank lines and a docstring at the beginning of the body."""
    end, at_beginning = "", True
    for line in lines:
        text = line.strip()
        if end:
            end = "" if end in text else end
        elif text and _indent(line) <= indent and not text.startswith(")"):
            return
        elif in_body and at_beginning and (quotes := _QUOTES.match(text)):
            end = "" if text.count(quotes[1]) > 1 else quotes[1]
        elif text:
            at_beginning = at_beginning and not in_body
            in_body = in_body or text.endswith(":")
            yield line


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
