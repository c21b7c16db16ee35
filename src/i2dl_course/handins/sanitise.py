"""Rebuilding a handed-in notebook from ours, so that only the student's own text is the student's.

Whatever a student sends, the result has our metadata, every graded cell as we wrote it, in our
order, and no output. Code of the student's stays code. Every other text of the student's stands in
a code fence, so that no tool which renders the notebook takes it for HTML, a link or a formula.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from i2dl_course.errors import CourseError

MAX_BYTES = 20 << 20  # of the file; a notebook full of figures has some megabytes
MAX_CELLS = 500  # the longest of ours has 63
MAX_SOURCE = 1 << 20  # characters of a cell
MAX_SOURCES = 2 << 20  # of all cells: as JSON below what a sandboxed process may write to a file
# Brackets and commas of the file. Each stands for an object of Python's, of some 100 bytes, when it
# is parsed: so the worst file of MAX_BYTES takes less than 300 MB. Ours have 2,000.
MAX_PARTS = 500_000

_HIDDEN = re.compile(r"^### BEGIN HIDDEN TESTS\n.*?^### END HIDDEN TESTS(?:\n|\Z)", re.M | re.S)
_HIDDEN_REGION = re.compile("(BEGIN|END) HIDDEN TESTS")
_LINE_END = re.compile("\r\n|[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")  # of any reader
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f]")
_INSTEAD = "the notebook of the exercise is used in its place; your .py files count all the same."


@dataclass(frozen=True)
class Rebuilt:
    """A notebook that is safe to store, to run in the sandbox and to render.

    `notebook` is a plain dict of format 4.5, each source one text. `notes` are sentences for the
    student: what was left out, put back, or could not be read.
    """

    notebook: dict
    notes: tuple[str, ...] = ()


@dataclass
class _HandedInCell:
    """A cell of the student's: its kind, its text, and the name and id that it claims to have."""

    kind: str
    text: str
    grade_id: str | None
    id: str | None


@dataclass
class _Placed:
    """A cell of the result, and the number of the source cell that it is or was made from."""

    cell: dict
    origin: int | None


class _Unreadable(Exception):
    """Why a notebook cannot be read, as the part of a sentence."""


def rebuild(source: dict, submitted: bytes | None) -> Rebuilt:
    """The notebook `submitted`, rebuilt from `source`, our notebook of the same name.

    The student's order of cells is kept, but graded and locked cells keep theirs among each other:
    the places where the student has them are filled in our order. One that is missing stands
    behind the cell that it follows in `source`, as well as can be. None says that no notebook was
    handed in. Raises CourseError for a faulty `source`, and nothing for whatever is submitted.
    """
    ours = visible_cells(source)
    try:
        theirs, notes = _read(submitted)
    except _Unreadable as problem:
        return Rebuilt(_notebook(source, ours), (f"{problem}: {_INSTEAD}",))
    placed, more = _place(theirs, ours)
    return Rebuilt(_notebook(source, [item.cell for item in placed]), (*notes, *more))


def fence(text: str) -> str:
    """`text` as Markdown that shows it letter by letter: a code fence which it cannot end."""
    text = _CONTROL.sub("\N{REPLACEMENT CHARACTER}", _LINE_END.sub("\n", text))
    longest = max(map(len, re.findall("`+", text)), default=0)
    ticks = "`" * max(3, longest + 1)
    return f"{ticks}\n{text}\n{ticks}"


def unfence(text: str) -> str:
    """The text that `fence` has put between two lines; any other text as it is."""
    first, *lines = text.split("\n")
    fenced = len(lines) > 0 and lines[-1] == first and re.fullmatch("`{3,}", first)
    return "\n".join(lines[:-1]) if fenced else text


# --- ours -------------------------------------------------------------------------------------


def visible_cells(source: dict) -> list[dict]:
    """Copies of our cells as a student may see them: without hidden tests, and without outputs.

    Each source is one text. Raises CourseError where hidden tests do not end.
    """
    cells = []
    for original in source["cells"]:
        cell = copy.deepcopy(original)
        cell["source"] = visible_text(original)
        if cell["cell_type"] == "code":
            cell |= {"execution_count": None, "outputs": []}
        cells.append(cell)
    return cells


def visible_text(cell: dict) -> str:
    """The text of our `cell` as a student may see it, without hidden tests.

    Raises CourseError where hidden tests do not end.
    """
    text = _HIDDEN.sub("", joined(cell["source"]) or "")
    if _HIDDEN_REGION.search(text):
        raise CourseError(
            f"The hidden tests of the source cell {cell.get('id')} have no clear "
            "beginning and end; run `course build`."
        )
    return text


def _notebook(source: dict, cells: list[dict]) -> dict:
    return {
        "cells": cells,
        "metadata": copy.deepcopy(source["metadata"]),
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _grading(cell: dict) -> dict:
    return cell["metadata"].get("nbgrader", {})


def _is_protected(cell: dict) -> bool:
    return bool(_grading(cell).get("grade") or _grading(cell).get("locked"))


# --- theirs -----------------------------------------------------------------------------------


def _read(submitted: bytes | None) -> tuple[list[_HandedInCell], list[str]]:
    """The cells that can be read, and a note for each that cannot. Raises _Unreadable."""
    if submitted is None:
        raise _Unreadable("No notebook was handed in")
    if len(submitted) > MAX_BYTES:
        raise _Unreadable(f"The notebook is larger than {MAX_BYTES >> 20} MB")
    if sum(map(submitted.count, (b"{", b"[", b","))) > MAX_PARTS:
        raise _Unreadable(
            f"The notebook has more than {MAX_PARTS:,} brackets and commas, so it is not read; "
            "without its outputs it may have less"
        )
    try:
        notebook = json.loads(submitted)
    except RecursionError:
        raise _Unreadable("The notebook is nested too deep to be read") from None
    except ValueError:  # no JSON, no UTF-8, or a number of thousands of digits
        raise _Unreadable("The notebook cannot be read, because it is not valid JSON") from None
    if not isinstance(notebook, dict):
        raise _Unreadable("The notebook cannot be read, because it is not a Jupyter notebook")
    if notebook.get("nbformat") != 4 or not isinstance(notebook.get("cells"), list):
        raise _Unreadable("The notebook is not in the format that JupyterLab writes (version 4)")
    notes: list[str] = []
    cells = list(_read_cells(notebook["cells"][:MAX_CELLS], notes))
    surplus = len(notebook["cells"]) - MAX_CELLS
    if surplus > 0:
        notes.append(f"Only the first {MAX_CELLS} cells were taken; {surplus} were left out.")
    return cells, notes


def _read_cells(cells: list, notes: list[str]) -> Iterator[_HandedInCell]:
    left = MAX_SOURCES
    for number, cell in enumerate(cells, start=1):
        kind = cell.get("cell_type") if isinstance(cell, dict) else None
        text = joined(cell.get("source")) if isinstance(cell, dict) else None
        if kind not in ("code", "markdown", "raw") or text is None:
            notes.append(f"Cell {number} was left out, because it cannot be read.")
        elif len(text) > MAX_SOURCE:
            notes.append(
                f"Cell {number} was left out, because it has more than {MAX_SOURCE:,} characters."
            )
        elif len(text) > left:
            notes.append(
                f"Cell {number} was left out, because with it the cells have more than "
                f"{MAX_SOURCES:,} characters together."
            )
        else:
            left -= len(text)
            # Half of a surrogate pair is no character: it can be in JSON, and in no file.
            text = text.encode("utf-8", "replace").decode("utf-8")
            yield _HandedInCell(kind, text, _claimed_grade_id(cell), _text(cell.get("id")))


def _claimed_grade_id(cell: dict) -> str | None:
    metadata = cell.get("metadata")
    nbgrader = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    return _text(nbgrader.get("grade_id")) if isinstance(nbgrader, dict) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def joined(source: object) -> str | None:
    """A cell's text, which a file holds as one text or as a list of lines."""
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        return "".join(source)
    return _text(source)


# --- both together ----------------------------------------------------------------------------


def _place(theirs: list[_HandedInCell], ours: list[dict]) -> tuple[list[_Placed], list[str]]:
    protected = [number for number, cell in enumerate(ours) if _is_protected(cell)]
    origins, notes = _origins(theirs, ours, protected)
    seen = [origin for origin in origins if origin in set(protected)]
    if seen != sorted(seen):
        notes.append("The graded cells were put back into their order.")
    in_order = iter(sorted(seen))
    placed, own = [], 0
    for cell, origin in zip(theirs, origins, strict=True):
        if origin in seen:
            origin = next(in_order)
            placed.append(_Placed(ours[origin], origin))
        elif origin is not None and _same(cell, ours[origin]):
            placed.append(_Placed(ours[origin], origin))
        else:
            own += 1
            placed.append(_Placed(_own_cell(cell, f"student-{own}"), origin))
    for number in protected:
        if number not in seen:
            name = _grading(ours[number]).get("grade_id")
            notes.append(f"The graded cell {name} was missing and has been put back.")
            _put_back(number, placed, ours, protected)
    return placed, notes


def _origins(
    theirs: list[_HandedInCell], ours: list[dict], protected: list[int]
) -> tuple[list[int | None], list[str]]:
    """For each cell of the student's the number of the source cell it stands for, each once.

    A protected cell is known by its grade_id, else every cell by its id, else by its text: some
    tools leave out the ids, and some all metadata.
    """
    by_name = {_grading(ours[number]).get("grade_id"): number for number in protected}
    by_id = {cell["id"]: number for number, cell in enumerate(ours)}
    by_text: dict[tuple[str, str], list[int]] = {}
    for number, given in enumerate(ours):
        by_text.setdefault((given["cell_type"], given["source"]), []).append(number)
    origins: list[int | None] = [None] * len(theirs)
    taken: set[int] = set()
    notes = []

    def claim(index: int, number: int | None) -> None:
        if number is not None and number not in taken and origins[index] is None:
            taken.add(number)
            origins[index] = number

    for index, cell in enumerate(theirs):
        claim(index, by_name.get(cell.grade_id))
    for index, cell in enumerate(theirs):
        if cell.grade_id not in by_name:
            claim(index, by_id.get(cell.id))
    for index, cell in enumerate(theirs):
        if cell.grade_id not in by_name and origins[index] is None:
            free = (n for n in by_text.get((cell.kind, cell.text), ()) if n not in taken)
            claim(index, next(free, None))
    kept = []
    for index, (cell, origin) in enumerate(zip(theirs, origins, strict=True)):
        if origin is None and cell.grade_id in by_name:
            notes.append(f"A second copy of the graded cell {cell.grade_id} was left out.")
            continue
        if origin in protected and not _same(cell, ours[origin]):
            notes.append(
                f"The graded cell {_grading(ours[origin]).get('grade_id')} had been "
                "changed; ours was used."
            )
        kept.append(index)
    theirs[:] = [theirs[index] for index in kept]
    return [origins[index] for index in kept], notes


def _same(cell: _HandedInCell, ours: dict) -> bool:
    return (cell.kind, cell.text) == (ours["cell_type"], ours["source"])


def _own_cell(cell: _HandedInCell, identity: str) -> dict:
    if cell.kind == "code":
        return {
            "cell_type": "code",
            "id": identity,
            "metadata": {},
            "source": cell.text,
            "execution_count": None,
            "outputs": [],
        }
    text = fence(cell.text) if cell.text else ""
    return {"cell_type": "markdown", "id": identity, "metadata": {}, "source": text}


def _put_back(number: int, placed: list[_Placed], ours: list[dict], protected: list[int]) -> None:
    """Put the source cell `number` behind the nearest cell that precedes it in the source.

    But never before a protected cell that comes earlier in the source, or behind a later one.
    """
    places = {item.origin: place for place, item in enumerate(placed) if item.origin is not None}
    low = max((places[n] + 1 for n in protected if n < number and n in places), default=0)
    high = min((places[n] for n in protected if n > number and n in places), default=len(placed))
    before = (places[n] + 1 for n in range(number - 1, -1, -1) if n in places)
    at = next((place for place in before if low <= place <= high), low)
    placed.insert(at, _Placed(ours[number], number))
