"""From py:percent text to notebook bytes that depend on nothing but the text.

jupytext alone writes random cell ids and its own version; here ids come from the grade_id or
from the cell itself, and the metadata is fixed.
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import jupytext
import nbformat

from i2dl_course import placeholders
from i2dl_course.authoring.solutions import HIDDEN, check_markers
from i2dl_course.errors import CourseError
from i2dl_course.faults import read_text
from i2dl_course.manifest import Course, Task

BEGIN_HIDDEN = "### BEGIN HIDDEN TESTS"
END_HIDDEN = "### END HIDDEN TESTS"
SCHEMA_VERSION = 3
LAST_LINE = "float(score)"

_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
_GRADED = {"grade": True, "locked": True, "solution": False, "task": False}
_READ_ONLY = {"grade": False, "locked": True, "solution": False, "task": False}
_KEYS = {"grade", "grade_id", "locked", "points", "schema_version", "solution", "task", "cell_type"}


def build_notebooks(course: Course) -> dict[str, bytes]:
    """Every source notebook, `name.ipynb` -> its bytes, hidden tests included.

    Raises CourseError for a missing or surplus notebook, for a cell whose nbgrader metadata or
    marker is wrong, and when the graded cells are not exactly the tasks of course.toml.
    """
    folder = course.root / "notebooks"
    names = set(course.exercise.notebooks)
    for path in sorted(folder.glob("*.py")):
        if path.stem not in names:
            raise CourseError(
                f"notebooks/{path.name}: is not in [exercise] notebooks of "
                "course.toml; add it there or remove the file."
            )
    result = {}
    for name in course.exercise.notebooks:
        path = folder / f"{name}.py"
        if not path.is_file():
            raise CourseError(f"notebooks/{name}.py: is missing, but course.toml names it.")
        hidden = _hidden_texts(course) if name == course.graded_notebook_name else {}
        result[f"{name}.ipynb"] = to_notebook(
            read_text(path, f"notebooks/{path.name}"),
            f"notebooks/{path.name}",
            hidden,
            course.tasks if name == course.graded_notebook_name else (),
            lambda text, where: placeholders.fill(text, where, course),
        )
    return result


def to_notebook(
    text: str,
    path: str,
    hidden: Mapping[str, str],
    tasks: tuple[Task, ...],
    fill: Callable[[str, str], str] = lambda text, where: text,
) -> bytes:
    """The py:percent `text` as the bytes of a notebook, format 4.5.

    `hidden` holds the text of each task's hidden-tests region; `tasks` are those which must be
    graded in this notebook, in any order, with the points that they have. `fill` fills the
    placeholders in the text of a cell, whose place it is told. `path` is used in messages only.
    """
    check_markers(text, path, allowed=(HIDDEN,))
    cells = []
    graded: dict[str, Task] = {}
    seen: set[str] = set()
    repeats: Counter[tuple[str, str]] = Counter()
    for number, cell in enumerate(jupytext.reads(text, fmt="py:percent").cells, start=1):
        where = f"{path}: cell {number}"
        metadata = _metadata(cell, where)
        source = fill(cell.source, where) if cell.cell_type == "markdown" else cell.source
        repeats[cell.cell_type, source] += 1
        if "nbgrader" in metadata:
            grade_id = _check_nbgrader(metadata["nbgrader"], cell.cell_type, where)
            if grade_id in seen:
                raise CourseError(f'{where}: the grade_id "{grade_id}" is used twice.')
            seen.add(grade_id)
            identity = grade_id
            if metadata["nbgrader"]["grade"]:
                task = _task(metadata["nbgrader"], tasks, where)
                graded[task.name] = task
                metadata["nbgrader"] = {**metadata["nbgrader"], "points": task.points}
                _check_last_line(source, where)
                source = _expand(source, task.name, hidden, where)
        else:
            identity = _identity(cell.cell_type, source, repeats[cell.cell_type, source])
        if HIDDEN in source:
            raise CourseError(
                f"{where}: `{HIDDEN.strip()}` may stand only in a graded cell, once, "
                "with the cell's own task."
            )
        cells.append(_cell(cell.cell_type, identity, metadata, source, where))
    missing = [task.name for task in tasks if task.name not in graded]
    if missing:
        raise CourseError(f"{path}: has no graded cell for {', '.join(missing)} of course.toml.")
    notebook = {"cells": cells, "metadata": _METADATA, "nbformat": 4, "nbformat_minor": 5}
    try:
        nbformat.validate(nbformat.from_dict(notebook), relax_add_props=False)
    except nbformat.ValidationError as error:
        raise CourseError(f"{path}: does not make a valid notebook ({error.message}).") from None
    return _bytes(notebook)


def _hidden_texts(course: Course) -> dict[str, str]:
    texts = {}
    for task in course.tasks:
        path = course.root / "instructor" / "hidden" / f"{task.name}.py"
        where = f"instructor/hidden/{path.name}"
        if not path.is_file():
            raise CourseError(f"{where}: is missing; it holds the hidden tests of the task.")
        text = read_text(path, where).strip("\n")
        check_markers(text, where, allowed=())
        if not ast.parse(text).body:
            raise CourseError(f"{where}: holds no test.")
        texts[task.name] = text
    return texts


def _metadata(cell: Any, where: str) -> dict[str, Any]:
    metadata = {
        key: value for key, value in cell.metadata.items() if not key.startswith("lines_to_")
    }
    surplus = sorted(set(metadata) - {"nbgrader", "tags"})
    if surplus:
        raise CourseError(
            f"{where}: the header may hold nbgrader and tags only, not {', '.join(surplus)}."
        )
    return metadata


def _check_nbgrader(nbgrader: Any, cell_type: str, where: str) -> str:
    """The cell's grade_id; anything but a graded or a read-only cell is refused."""
    if not isinstance(nbgrader, dict):
        raise CourseError(f"{where}: nbgrader= must be followed by a JSON object on one line.")
    surplus = sorted(set(nbgrader) - _KEYS)
    if surplus:
        raise CourseError(f"{where}: nbgrader has no key {', '.join(surplus)} here.")
    grade_id = nbgrader.get("grade_id")
    if not isinstance(grade_id, str) or not grade_id.isidentifier():
        raise CourseError(f"{where}: nbgrader's grade_id must be a plain name.")
    flags = _GRADED if nbgrader.get("grade") else _READ_ONLY
    wanted: dict[str, object] = {**flags, "schema_version": SCHEMA_VERSION}
    for key, value in wanted.items():
        if nbgrader.get(key) != value:
            raise CourseError(
                f'{where}: nbgrader\'s "{key}" of "{grade_id}" must be {json.dumps(value)}.'
            )
    if nbgrader.get("cell_type", cell_type) != cell_type:
        raise CourseError(
            f'{where}: nbgrader\'s "cell_type" of "{grade_id}" must be "{cell_type}".'
        )
    if nbgrader["grade"] and cell_type != "code":
        raise CourseError(f'{where}: the graded cell "{grade_id}" must be a code cell.')
    if not nbgrader["grade"] and "points" in nbgrader:
        raise CourseError(f'{where}: "{grade_id}" is not graded, so it can have no points.')
    return grade_id


def _task(nbgrader: dict[str, Any], tasks: tuple[Task, ...], where: str) -> Task:
    name = nbgrader["grade_id"]
    task = {task.name: task for task in tasks}.get(name)
    if task is None:
        known = ", ".join(task.name for task in tasks) or "none"
        raise CourseError(
            f'{where}: "{name}" is graded, but the tasks of this notebook are: {known}.'
        )
    if nbgrader.get("points", task.points) != task.points:
        raise CourseError(
            f'{where}: "{name}" has {nbgrader["points"]} points, but course.toml says '
            f"{task.points}; leave the points out here."
        )
    return task


def _check_last_line(source: str, where: str) -> None:
    last = source.rstrip().rsplit("\n", 1)[-1]
    if last != LAST_LINE:
        raise CourseError(
            f"{where}: a graded cell must end in the line `{LAST_LINE}`, not in "
            f"`{last}`, for nbgrader gives full points to all but a Python float."
        )


def _expand(source: str, task: str, hidden: Mapping[str, str], where: str) -> str:
    lines = source.split("\n")
    marker = HIDDEN + task
    if lines.count(marker) != 1 or source.count(HIDDEN) != 1:
        raise CourseError(f"{where}: must hold the line `{marker}` once.")
    at = lines.index(marker)
    return "\n".join([*lines[:at], BEGIN_HIDDEN, hidden[task], END_HIDDEN, *lines[at + 1 :]])


def _identity(kind: str, source: str, repeat: int) -> str:
    """An id for a cell without grade_id.

    The position counts only among equal cells, so that a new cell leaves all other ids alone.
    """
    digest = hashlib.sha256(f"{kind}\n{repeat}\n{source}".encode()).hexdigest()
    return f"{kind}-{digest[:12]}"


def _cell(
    kind: str, identity: str, metadata: dict[str, Any], source: str, where: str
) -> dict[str, Any]:
    cell = {
        "cell_type": kind,
        "id": identity,
        "metadata": metadata,
        "source": source.splitlines(keepends=True),
    }
    if kind == "code":
        return {**cell, "execution_count": None, "outputs": []}
    if kind != "markdown":
        raise CourseError(f"{where}: must be a code or a markdown cell, not {kind}.")
    return cell


def _bytes(notebook: dict[str, Any]) -> bytes:
    text = json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False)
    return f"{text}\n".encode()
