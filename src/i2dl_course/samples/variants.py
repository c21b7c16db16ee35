"""The reference with pieces of it replaced: the mistakes that students make, and other right ways.

Both are data. instructor/mutants/<task>.toml holds mistakes that must fail the check of <task>:

    [[mutant]]
    name = "halve__rounded"                      the task, two underscores, the mistake
    cause = "wrong_dtype"                        what is wrong, as a name of docs/causes.md
    read = "wrong_values"                        optional: the cause that is read in its place
    elsewhere = { quarter = "sign" }             optional: what other tasks must say; see Mutant
    replace = { "x / 2" = "x // 2" }

and each instructor/right_answers/*.toml holds solutions that must get all points:

    [[right_answer]]
    name = "matrix_products_by_einsum"
    [right_answer.replace]                       the long form: a line for each replacement
    "out = samples @ w + b" = "out = np.einsum('nd,dm->nm', samples, w) + b"

What is replaced must occur exactly once in the reference. The indentation of lines after a first
one is that of the line in which the first one stands, so it is left out on both sides.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from i2dl_course import strict_toml
from i2dl_course.errors import CourseError
from i2dl_course.handins.opening import HandIn
from i2dl_course.manifest import Course
from i2dl_course.samples import personas

MUTANTS = "instructor/mutants"
RIGHT_ANSWERS = "instructor/right_answers"
_MUTANT = {"name": str, "cause": str, "replace": dict}
_MUTANT_TOO = {"read": str, "elsewhere": dict}
_RIGHT_ANSWER = {"name": str, "replace": dict}
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


@dataclass(frozen=True)
class Variant:
    """A solution under a name; ``files`` maps each file to hand in to its text."""

    name: str
    files: dict[str, str]

    @property
    def handin(self) -> HandIn:
        """The solution as it is handed in."""
        return HandIn({name: text.encode() for name, text in self.files.items()})


@dataclass(frozen=True)
class Mutant(Variant):
    """A solution with one mistake, which must fail the check of ``task``.

    ``cause`` is what is wrong. ``read`` is the cause that the verdict gives: another one only where
    the check cannot tell, which is then said in the data. ``elsewhere`` gives the causes of other
    tasks that fail as well; None in it is a task that passes. Tasks that are not in it follow the
    rule: the other layer functions pass, and the network passes or blames the layer. ``pieces`` is
    what is replaced, as :func:`replaced` takes it.
    """

    task: str
    cause: str
    read: str
    elsewhere: dict[str, str | None]
    pieces: dict[str, str]


V = TypeVar("V", bound=Variant)


def reference(course: Course) -> Variant:
    """The reference itself."""
    files = {name: personas.reference(course, name) for name in course.handin.files}
    return Variant("reference", files)


def mutants(course: Course) -> list[Mutant]:
    """All mistakes, in the order of the tasks. Raises CourseError for anything wrong in a file."""
    files = _files(course, MUTANTS)
    if strange := [file.name for file in files if file.stem not in course.tasks_by_name]:
        raise CourseError(
            f"{MUTANTS}/{strange[0]} is named after no task; the tasks are "
            f"{', '.join(course.tasks_by_name)}."
        )
    original = reference(course).files
    found = []
    for task in course.tasks_by_name:
        for file in files:
            if file.stem == task:
                found += [
                    _mutant(entry, where, task, course, original)
                    for entry, where in strict_toml.entries(
                        *_read(file, MUTANTS), "mutant", _MUTANT, _MUTANT_TOO
                    )
                ]
    return _with_different_names(found, MUTANTS)


def right_answers(course: Course) -> list[Variant]:
    """All other right answers. Raises CourseError for anything wrong in a file."""
    original = reference(course).files
    found = []
    for file in _files(course, RIGHT_ANSWERS):
        for entry, where in strict_toml.entries(
            *_read(file, RIGHT_ANSWERS), "right_answer", _RIGHT_ANSWER
        ):
            found.append(Variant(_name(entry, where), _replaced(original, entry, where)))
    return _with_different_names(found, RIGHT_ANSWERS)


def replaced(files: Mapping[str, str], pieces: Mapping[str, str]) -> dict[str, str]:
    """``files``, by name, with each key of ``pieces`` replaced by its value.

    Raises CourseError when a key does not occur exactly once, or when two of them overlap.
    """
    places: dict[str, list[tuple[int, int, str]]] = {name: [] for name in files}
    for old, new in pieces.items():
        pattern = re.compile(r"\n[ ]*".join(re.escape(line.strip()) for line in old.split("\n")))
        found = [(name, match) for name, text in files.items() for match in pattern.finditer(text)]
        if len(found) != 1:
            raise CourseError(
                f"{old!r} must occur exactly once in the reference, and it occurs {len(found)} "
                "times"
            )
        name, match = found[0]
        line = files[name][files[name].rfind("\n", 0, match.start()) + 1 :]
        margin = " " * (len(line) - len(line.lstrip(" ")))
        new = textwrap.indent(new.strip("\n"), margin)[len(margin) if new.strip() else 0 :]
        places[name].append((match.start(), match.end(), new))
    return {name: _put(text, places[name]) for name, text in files.items()}


def _put(text: str, places: list[tuple[int, int, str]]) -> str:
    before = len(text)
    for start, end, new in sorted(places, reverse=True):
        if end > before:
            raise CourseError(f"two replacements overlap at {text[start:before]!r}")
        text, before = text[:start] + new + text[end:], start
    return text


def _files(course: Course, folder: str) -> list[Path]:
    files = sorted((course.root / folder).glob("*.toml"))
    if not files:
        raise CourseError(f"There is no .toml file in {folder}/.")
    return files


def _read(file: Path, folder: str) -> tuple[dict, str]:
    name = f"{folder}/{file.name}"
    return strict_toml.read(file, name), name


def _mutant(entry: dict, where: str, task: str, course: Course, original: dict) -> Mutant:
    name = _name(entry, where)
    if not name.startswith(f"{task}__"):
        raise CourseError(f"{where}: the name {name!r} must begin with {task}__.")
    elsewhere = entry.get("elsewhere", {})
    for other, cause in elsewhere.items():
        if other not in course.tasks_by_name or other == task or not isinstance(cause, str):
            raise CourseError(
                f"{where}: elsewhere must give other tasks than {task}, each with a cause or "
                f'"passes"; {other} = {cause!r} is none.'
            )
    return Mutant(
        name=name,
        files=_replaced(original, entry, where),
        task=task,
        cause=entry["cause"],
        read=entry.get("read", entry["cause"]),
        elsewhere={k: None if cause == "passes" else cause for k, cause in elsewhere.items()},
        pieces=entry["replace"],
    )


def _name(entry: dict, where: str) -> str:
    name = entry["name"]
    if not all(_NAME.fullmatch(part) for part in name.split("__")):
        raise CourseError(
            f"{where}: the name {name!r} must be small letters and digits, joined by underscores."
        )
    return name


def _replaced(original: dict[str, str], entry: dict, where: str) -> dict[str, str]:
    pieces = entry["replace"]
    if not pieces or not all(isinstance(new, str) for new in pieces.values()):
        raise CourseError(f"{where}: replace must give a text for each text that it replaces.")
    try:
        files = replaced(original, pieces)
    except CourseError as error:
        raise CourseError(f"{where} ({entry['name']}): {error}.") from None
    if files == original:
        raise CourseError(f"{where} ({entry['name']}) changes nothing.")
    return files


def _with_different_names(found: list[V], folder: str) -> list[V]:
    names = [one.name for one in found]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise CourseError(f"{folder}/ holds two entries with the name {twice[0]}.")
    return found
