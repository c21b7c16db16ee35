"""Sample hand-ins with the outcome that each must get: instructor/personas/<name>/persona.toml.

A persona starts from what a student gets (release/), with the files to hand in taken from the
stub or from the reference, and is changed by the steps of its file:

    description = "divides the gradients by N, as the loss does already"
    base = "reference"                    or "stub"
    route = "exchange"                    or "zip"
    handed_in = "closes - 1d 03:29:59"         by the clock of course.toml's closes
    first_handed_in = "closes - 3d 12:00:00"   optional: an untouched hand-in before this one
    handed_in_again = "closes + 00:30:01"      optional: the same once more
    delete = ["exercise_code"]                 optional: files or folders
    delete_cells = ["halve"]                   optional: graded cells of the graded notebook

    [[replace]]                                any number of times; `old` must occur exactly once
    file = "exercise_code/numbers.py"
    old = "x / 2"
    new = "x // 2"

    [[add]]                                    any number of times: a file, or a cell of a notebook
    file = "notes.txt"
    text = "hello"

    [expect]
    passes = ["halve"]                         the tasks that pass
    causes = {double = "factor_n"}             each task that fails
    late = false                               who is late gets nothing

The points of a task, and the pass mark, are those of course.toml.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import nbformat

from i2dl_course import strict_toml
from i2dl_course.authoring import solutions
from i2dl_course.errors import CourseError
from i2dl_course.manifest import Course

BASES = ("reference", "stub")
ROUTES = ("exchange", "zip")
_REQUIRED = {"description": str, "base": str, "route": str, "handed_in": str, "expect": dict}
_TIMES = {"first_handed_in": str, "handed_in_again": str}
_FROM_THE_DEADLINE = re.compile(r"closes ([+-]) (?:(\d+)d )?(\d\d):(\d\d):(\d\d)")
_CHANGES = {"delete": list, "delete_cells": list, "replace": list, "add": list}
_EXPECTED = {"passes": list, "causes": dict, "late": bool}
_REPLACE = {"file": str, "old": str, "new": str}
_ADD = {"file": str, "text": str}


@dataclass(frozen=True)
class Expected:
    """What a persona must get. `points` and `causes` are by task; `total` is after the penalty."""

    points: dict[str, float]
    causes: dict[str, str]
    late: bool
    total: float
    bonus: bool


@dataclass(frozen=True)
class Persona:
    """One sample hand-in; the fields are the keys of its file. Times are in UTC."""

    name: str
    description: str
    base: str
    route: str
    handed_in: datetime
    first_handed_in: datetime | None
    handed_in_again: datetime | None
    delete: tuple[str, ...]
    delete_cells: tuple[str, ...]
    replace: tuple[dict[str, str], ...]
    add: tuple[dict[str, str], ...]
    expect: Expected


def load_all(course: Course) -> list[Persona]:
    """Every persona of the course, by name. Raises CourseError for a broken one, or for none."""
    files = sorted((course.root / "instructor" / "personas").glob("*/persona.toml"))
    if not files:
        raise CourseError("There is no persona in instructor/personas/.")
    return [load(file, course) for file in files]


def load(file: Path, course: Course) -> Persona:
    """The persona of one persona.toml. Raises CourseError, naming the file, for anything wrong."""
    where = f"instructor/personas/{file.parent.name}/{file.name}"
    data = strict_toml.table(
        strict_toml.read(file, where), f"{where}:", _REQUIRED, {**_TIMES, **_CHANGES}
    )
    if data["base"] not in BASES or data["route"] not in ROUTES:
        raise CourseError(f"{where}: base must be one of {BASES} and route one of {ROUTES}.")
    expect = _expected(data["expect"], f"{where}: [expect]", course)
    for key, kinds in (("replace", _REPLACE), ("add", _ADD)):
        for number, step in enumerate(data.get(key, ()), start=1):
            strict_toml.table(step, f"{where}: [[{key}]] number {number}", kinds)
    for key in ("handed_in", *_TIMES):
        if key in data:
            data[key] = _moment(data[key], f"{where}: {key}", course)
    return Persona(
        name=file.parent.name,
        description=data["description"],
        base=data["base"],
        route=data["route"],
        handed_in=data["handed_in"],
        first_handed_in=data.get("first_handed_in"),
        handed_in_again=data.get("handed_in_again"),
        delete=tuple(data.get("delete", ())),
        delete_cells=tuple(data.get("delete_cells", ())),
        replace=tuple(data.get("replace", ())),
        add=tuple(data.get("add", ())),
        expect=expect,
    )


def _expected(data: object, where: str, course: Course) -> Expected:
    expect = strict_toml.table(data, where, _EXPECTED)
    passes, causes = set(expect["passes"]), expect["causes"]
    if unknown := sorted({*passes, *causes} - set(course.tasks_by_name)):
        raise CourseError(f"{where}: {unknown[0]} is no task of course.toml.")
    if set(causes) != set(course.tasks_by_name) - passes:
        raise CourseError(f"{where}: causes must name exactly the tasks that are not in passes.")
    points = {task.name: float(task.points * (task.name in passes)) for task in course.tasks}
    total = 0.0 if expect["late"] else sum(points.values())
    return Expected(points, causes, expect["late"], total, total >= course.exercise.pass_mark)


def _moment(text: str, where: str, course: Course) -> datetime:
    """A time that is given by its distance from the deadline, in UTC."""
    if not (found := _FROM_THE_DEADLINE.fullmatch(text)):
        raise CourseError(f'{where} must be a time such as "closes - 1d 03:29:59", not {text!r}.')
    sign, days, hours, minutes, seconds = found.groups()
    distance = timedelta(int(days or 0), int(seconds), 0, 0, int(minutes), int(hours))
    closes = course.exercise.closes.astimezone(UTC)
    return closes + distance if sign == "+" else closes - distance


def build(persona: Persona, course: Course, folder: Path) -> None:
    """Make `folder`, as the student's exercise folder stands at the hand-in.

    Raises CourseError when a step does not fit what it is meant to change.
    """
    shutil.copytree(course.release_dir, folder)
    apply(persona, course, folder)


def apply(persona: Persona, course: Course, folder: Path) -> None:
    """Change `folder`, a fresh copy of the release, into the persona's hand-in."""
    where = f"Persona {persona.name}"
    if persona.base == "reference":
        for name in course.handin.files:
            (folder / name).write_text(reference(course, name), encoding="utf-8")
    for step in persona.replace:
        path = folder / step["file"]
        text = path.read_text(encoding="utf-8")
        if text.count(step["old"]) != 1:
            raise CourseError(
                f"{where}: {step['old']!r} must occur exactly once in {step['file']}, "
                f"and it occurs {text.count(step['old'])} times."
            )
        path.write_text(text.replace(step["old"], step["new"]), encoding="utf-8")
    for step in persona.add:
        path = folder / step["file"]
        if path.suffix == ".ipynb":
            notebook = nbformat.read(path, as_version=4)
            notebook.cells.append(nbformat.v4.new_code_cell(step["text"], id="added-by-student"))
            nbformat.write(notebook, path)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(step["text"], encoding="utf-8")
    if persona.delete_cells:
        _delete_cells(folder / course.handin.graded_notebook, persona.delete_cells, where)
    for name in persona.delete:
        path = folder / name
        if path.is_dir():
            shutil.rmtree(path)
        elif path.is_file():
            path.unlink()
        else:
            raise CourseError(f"{where}: there is no {name} to delete.")


def _delete_cells(path: Path, names: tuple[str, ...], where: str) -> None:
    notebook = nbformat.read(path, as_version=4)
    kept = [
        cell
        for cell in notebook.cells
        if cell.metadata.get("nbgrader", {}).get("grade_id") not in names
    ]
    if len(kept) != len(notebook.cells) - len(names):
        raise CourseError(f"{where}: {path.name} does not hold each of the cells {names} once.")
    notebook.cells = kept
    nbformat.write(notebook, path)


def reference(course: Course, name: str) -> str:
    """The reference solution of the file `name`, without the lines of its solution markers."""
    path = course.root / "instructor" / "solution" / name
    markers = (solutions.BEGIN, solutions.END, solutions.STUB)
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    return "".join(line for line in lines if not line.strip().startswith(markers))
