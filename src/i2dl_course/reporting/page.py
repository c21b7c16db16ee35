"""The feedback on one notebook as one HTML page that needs nothing but itself.

No script, nothing from the network, no hidden case. All that a student or a student's code has
written is text, which the template escapes; only our own cells are rendered as Markdown, which are
known by being equal to the source, and the comments of who grades. What is the same in every
hand-in is rendered once.

What a page costs has a limit, in bytes and in seconds, whatever is handed in: see `_Room` for the
one and `_coloured` for the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from typing import Any

import mistune
from latex2mathml.converter import convert
from markupsafe import Markup, escape
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from i2dl_course.handins.sanitise import joined, unfence, visible_text
from i2dl_course.reporting.outcome import Outcome, number
from i2dl_course.reporting.templates import template, visible

MAX_OWN = 2_500_000  # bytes of a page for what is not ours; most of an honest one are figures
MAX_FILE = 200_000  # characters of a file that are shown
MAX_HIGHLIGHTED = 50_000  # characters of a student's code in a page that get colours
MAX_LINE = 400  # characters; code with a longer line has no colours
MAX_BLANK = 100  # characters of white space in a row; code with more has no colours

_PLOT = "Plot: "  # what a figure of the course says begins so: its words stand for the picture
_LINE = re.compile(r"\b(\w+)\.py, line (\d+)")
_TOO_LONG = re.compile(rf"[^\n]{{{MAX_LINE + 1}}}|\s{{{MAX_BLANK + 1}}}")
_LONGEST_ESCAPE = len(escape("'"))  # bytes; no character has more
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
_TAGS = 60  # bytes, about, around a piece of text


def page(
    notebook: dict,
    source: dict,
    outcome: Outcome | None = None,
    *,
    title: str,
    notes: Iterable[str] = (),
    files: Mapping[str, str] | None = None,
) -> str:
    """The page for `notebook`, which was rebuilt from `source`.

    Parameters
    ----------
    notebook, source : dict
        Parsed notebooks of format 4; the text of a graded cell is taken from `source`.
    outcome : Outcome, optional
        What stands on top; None for a notebook that has no points.
    title : str
    notes : iterable of str
        What the student should know about the hand-in, one sentence each.
    files : dict, optional
        The student's graded files, name -> text, shown at the end with numbered lines.
    """
    return template("reporting/page.html").render(
        title=title, **parts(notebook, source, outcome, notes, files)
    )


def parts(
    notebook: dict,
    source: dict,
    outcome: Outcome | None,
    notes: Iterable[str],
    files: Mapping[str, str] | None,
) -> dict[str, Any]:
    """What stands in the template of a page, within the room that a page has."""
    room = _Room()
    # What was judged, and what was noted, gets its room before all that a notebook may hold.
    shown_files = [_file(name, text, room) for name, text in (files or {}).items()]
    shown_notes = [shown for note in notes if (shown := room.text(note))]
    cells = list(_cells(notebook, source, outcome, room))
    modules = {file["module"] for file in shown_files}
    return {
        "outcome": outcome,
        "notes": [*shown_notes, *room.left_out()],
        "cells": cells,
        "files": shown_files,
        "number": number,
        "pieces": lambda text: _pieces(text, modules),
        "written": _comment,
    }


def _pieces(text: str, modules: set[str]) -> Iterator[tuple[str, str]]:
    """`text` in pieces, each with the anchor it leads to: "code.py, line 17" to "code-17"."""
    end = 0
    for match in _LINE.finditer(text):
        if match[1] in modules:
            yield text[end : match.start()], ""
            yield match[0], f"{match[1]}-{match[2]}"
            end = match.end()
    yield text[end:], ""


# --- limits -----------------------------------------------------------------------------------


class _Room:
    """What a page still has room for, of all that is not ours, and what found none.

    A page must stay small enough to be made for a whole class, kept and opened: a notebook may
    hold megabytes of quotation marks, and each of them is five characters of HTML.
    """

    def __init__(self) -> None:
        self._bytes = MAX_OWN
        self._colours = MAX_HIGHLIGHTED
        self._characters = 0
        self._pictures = 0

    def take(self, size: int) -> bool:
        """Use up `size` bytes, unless there is no room for them."""
        if size > self._bytes:
            return False
        self._bytes -= size
        return True

    def text(self, text: str) -> Markup:
        """As much of the beginning of `text` as there is room for, and nothing after a gap."""
        shown = visible(text[: self._bytes])
        html = escape(shown)
        if not self.take(_size(html)):
            shown = shown[: max(0, self._bytes - _TAGS) // _LONGEST_ESCAPE]
            html = escape(shown)
        if len(shown) < len(text):
            self._characters += len(text) - len(shown)
            self._bytes = 0
        return html

    def picture(self, data: str) -> str:
        """The picture `data` in base64, or nothing."""
        if not self.take(len(data) + _TAGS):
            self._pictures += 1
            return ""
        # Escaping would look at each of a million characters, of which none can need it.
        return Markup(data) if _is_base64(data) else data

    def code(self, text: str) -> Markup:
        """As much of `text` as there is room for; in colours, as long as there is room for them."""
        if len(text) <= self._colours:
            coloured = _coloured(visible(text))
            if isinstance(coloured, Markup) and self.take(_size(coloured)):
                self._colours -= len(text)
                return coloured
        return self.text(text)

    def left_out(self) -> list[str]:
        """A sentence on what found no room, if anything did not."""
        counts = ((self._characters, "character"), (self._pictures, "picture"))
        parts = [f"{n:,} {what}{'' if n == 1 else 's'}" for n, what in counts if n]
        if not parts:
            return []
        return [f"This page would be too long: {' and '.join(parts)} of yours are left out of it."]


def _size(html: Markup) -> int:
    """The bytes of a piece of a page, with the tags around it."""
    return len(html.encode()) + _TAGS


def _is_base64(data: str) -> bool:
    return data.isascii() and not data.encode().translate(None, _BASE64)


# --- the notebook -----------------------------------------------------------------------------


def _cells(
    notebook: dict, source: dict, outcome: Outcome | None, room: _Room
) -> Iterator[dict[str, Any]]:
    results = {task.name: task for task in outcome.tasks} if outcome else {}
    ours = {cell["id"]: (cell["cell_type"], visible_text(cell)) for cell in source["cells"]}
    for cell in notebook["cells"]:
        own = ours.get(cell.get("id"))
        text = joined(cell["source"]) or ""
        name = cell["metadata"].get("nbgrader", {}).get("grade_id")
        if name in results:
            # A plain nbgrader leaves hidden tests in the text, and quotes them in tracebacks.
            code = _our_code(own[1] if own else "")
            yield {"kind": "graded", "task": results[name], "code": code}
        elif own == (cell["cell_type"], text):
            if cell["cell_type"] == "code":
                code = _our_code(text) if text.strip() else ""
                outputs = list(_outputs(cell, text, room))
                yield {"kind": "our code", "code": code, "outputs": outputs}
            else:
                yield {"kind": "our text", "text": _our_markdown(text)}
        elif cell["cell_type"] == "code":
            code = room.code(text) if text.strip() else ""
            yield {"kind": "own code", "code": code, "outputs": list(_outputs(cell, text, room))}
        elif text:
            yield {"kind": "own text", "text": room.text(unfence(text))}


def _outputs(cell: dict, code: str, room: _Room) -> Iterator[dict[str, str]]:
    for output in cell.get("outputs", ()):
        kind, text = _kind_and_text(output)
        if kind == "figure":
            picture = room.picture("".join((joined(output["data"]["image/png"]) or "").split()))
            if picture:
                words, _, caption = _words(text, code).partition("\n")
                words, caption = room.text(words), room.text(caption)
                yield {"kind": kind, "picture": picture, "text": words, "caption": caption}
        elif kind:
            shown = room.text(text)
            if shown or not text:
                yield {"kind": kind, "text": shown}


def _kind_and_text(output: dict) -> tuple[str, str]:
    """How an output is shown, if at all, and its text."""
    kind, data = output["output_type"], output.get("data", {})
    if kind == "stream":
        return "errors" if output["name"] == "stderr" else "prints", joined(output["text"]) or ""
    if kind == "error":
        text = "\n".join(output["traceback"])
        return "errors", text or f"{output['ename']}: {output['evalue']}"
    if "image/png" in data:
        return "figure", joined(data.get("text/plain")) or ""
    if "text/plain" in data:
        return "value", joined(data["text/plain"]) or ""
    return "", ""


def _words(plain: str, code: str) -> str:
    """The words that stand for a figure; below their first line, its caption."""
    if plain.startswith(_PLOT):
        return plain.removeprefix(_PLOT)
    return "Figure drawn by " + code.rstrip().rpartition("\n")[2].strip()


# --- code and Markdown ------------------------------------------------------------------------


class _Renderer(mistune.HTMLRenderer):
    """Headings below the page's own, and formulas as MathML, which browsers draw by themselves.

    A formula that is none stays as it was written.
    """

    def heading(self, text: str, level: int, **attributes: Any) -> str:
        return super().heading(text, min(level + 1, 6), **attributes)

    def inline_math(self, text: str) -> str:
        return _formula(text, "inline")

    def block_math(self, text: str) -> str:
        return f'<div class="formula" tabindex="0">{_formula(text, "block")}</div>\n'


def _formula(text: str, display: str) -> str:
    try:
        return convert(text, display=display)
    except Exception:  # of a grader's comment: the parser has no error of its own for all of them
        return escape(text)


@lru_cache(maxsize=1000)
def _our_markdown(text: str) -> Markup:
    return Markup(_markdown(escape=False)(text))


def _comment(text: str) -> Markup:
    """What a grader has written, for which nbgrader promises Markdown; HTML in it is text."""
    return Markup(_markdown(escape=True)(visible(text)))


@cache
def _markdown(escape: bool) -> mistune.Markdown:
    return mistune.create_markdown(renderer=_Renderer(escape=escape), plugins=["math", "table"])


@lru_cache(maxsize=1000)
def _our_code(text: str) -> str | Markup:
    return _coloured(text)


def _coloured(text: str) -> str | Markup:
    """Python in colours, none of which reaches over the end of a line; or `text` as it is.

    The expressions by which Pygments knows Python look at a run of white space once from each of
    its lines, and at a number in a string once from each of its digits: 50,000 characters of
    blank lines cost more than a minute. Within short lines and short gaps, what one character
    costs does not grow with the text.
    """
    if _TOO_LONG.search(text):
        return text
    return Markup(highlight(text, _lexer(), _formatter()).rstrip("\n"))


@cache
def _formatter() -> HtmlFormatter:
    return HtmlFormatter(nowrap=True)


@cache
def _lexer() -> PythonLexer:
    return PythonLexer(stripnl=False)


# --- files ------------------------------------------------------------------------------------


def _file(name: str, text: str, room: _Room) -> dict[str, Any]:
    """One file. As long as there is room, each of its lines is a target such as #layer-17."""
    module = name.rpartition("/")[2].removesuffix(".py")
    code = room.code(text[:MAX_FILE])
    numbered = room.take((code.count("\n") + 1) * (len(module) + _TAGS))
    return {
        "name": name,
        "module": module if numbered else None,
        "code": _numbered(code, module) if numbered else code,
        "shown": MAX_FILE if len(text) > MAX_FILE else None,
    }


def _numbered(code: Markup, module: str) -> Markup:
    """`code` with a target at each line; 300 lines cost a template half of the page's time."""
    anchor = escape(module)
    lines = enumerate(str.split(code, "\n"), start=1)
    return Markup("\n".join(f'<span id="{anchor}-{at}">{line}</span>' for at, line in lines))
