"""Whether the checks declare all that judging asks of them, and say what course.toml says."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path
from types import ModuleType
from typing import Any

from i2dl_course.errors import CourseError
from i2dl_course.manifest import MANIFEST, Course

PACKAGE = "exercise_code"
CHECKS = f"{PACKAGE}.tests"
# The modules of the checks that stand between a student's code and whoever calls it.
BOUNDARY = (
    "calling",
    "changes",
    "declaration",
    "editing",
    "kinds",
    "operands",
    "steps",
    "submission",
    "surroundings",
    "syntax",
)
_INIT_PY = f"{PACKAGE}/tests/__init__.py"
_CHECKS_PY = f"{PACKAGE}/tests/checks.py"
_DECLARATION_PY = f"{PACKAGE}/tests/declaration.py"


def require_whole(course: Course, checks: ModuleType) -> None:
    """Raise CourseError for the first thing in the package `checks` that is not as it must be."""
    for flaw in chain(_flaws(course, checks), _differences(course, checks)):
        raise CourseError(flaw)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _are_names(value: object) -> bool:
    return isinstance(value, (tuple, list)) and all(map(_is_text, value))


_DECLARED: dict[str, tuple[Callable[[Any], bool], str]] = {
    "EXERCISE": (_is_text, "the name of the exercise, a text"),
    "NOTEBOOK": (_is_text, "the name of the notebook with the graded cells, a text"),
    "FILES": (_are_names, "a tuple of the files that are handed in"),
    "CALLABLES": (lambda value: isinstance(value, (tuple, list)), "a tuple of Function and Model"),
    "LIBRARIES": (_are_names, "a tuple of the packages that a hand-in may import, () for none"),
    "GIVEN": (_are_names, "a tuple of the modules that are handed out, () for none"),
    "DRAWING": (_are_names, "a tuple of the modules that draw, () for none"),
    "HELPERS": (
        lambda value: (
            isinstance(value, dict)
            and all(_is_text(name) and _are_names(names) for name, names in value.items())
        ),
        "a dict of tuples of names, by module of the checks, {} for none",
    ),
}
_Needed = dict[str, Callable[[Any], bool]]
_CALLABLE: _Needed = {"name": _is_text, "file": _is_text}
_FUNCTION: _Needed = {**_CALLABLE, "returns_cache": lambda value: isinstance(value, bool)}
_MODEL: _Needed = {**_CALLABLE, "methods": _are_names, "arguments": callable}
_CHECK: _Needed = {
    "points": lambda value: isinstance(value, (int, float)),
    "function": _is_text,
    "draw": callable,
    "run": callable,
    "traced": callable,
}


def written(root: Path) -> dict[str, Any]:
    """What declaration.py of the course at `root` declares, as far as it is written out there.

    For this nothing is imported. What is computed there, or is of the wrong kind, is not in it.
    """
    found = {}
    with suppress(OSError, SyntaxError, ValueError):
        for one in ast.parse((root / _DECLARATION_PY).read_bytes()).body:
            if isinstance(one, ast.Assign) and isinstance(one.targets[0], ast.Name):
                with suppress(ValueError):
                    found[one.targets[0].id] = ast.literal_eval(one.value)
    return {name: found[name] for name in _DECLARED if _DECLARED[name][0](found.get(name))}


def _flaws(course: Course, checks: ModuleType) -> Iterator[str]:
    """What judging would stumble over: a sentence each; one can make the next stumble."""
    folder = course.root / PACKAGE
    for name in BOUNDARY:
        if not (folder / "tests" / f"{name}.py").is_file():
            yield f"{PACKAGE}/tests/{name}.py is missing, and no worker can do without it."
    for name in ("CHECKS", "Model", "StudentError", "Submission", "declaration"):
        if not hasattr(checks, name):
            yield f"{_INIT_PY}: {name} is missing; import it there."
    declared = checks.declaration
    for name, (is_right, what) in _DECLARED.items():
        if not is_right(getattr(declared, name, None)):
            yield f"{_DECLARATION_PY}: {name} must be {what}."
    for name, value in written(course.root).items():
        if value != getattr(declared, name):
            yield f"{_DECLARATION_PY}: {name} is written out and then changed; write it as it is."
    for number, one in enumerate(declared.CALLABLES, 1):
        needed = _MODEL if isinstance(one, checks.Model) else _FUNCTION
        if wrong := _wrong(one, needed):
            yield f"{_DECLARATION_PY}: number {number} of CALLABLES has no right {wrong}."
    for name in declared.DRAWING:
        if not (folder / name).is_dir() and not (folder / f"{name}.py").is_file():
            yield f"{_DECLARATION_PY}: DRAWING names {name}, which is not in {PACKAGE}."
    for module, names in declared.HELPERS.items():
        for name in names:
            if not hasattr(_module_of_the_checks(module), name):
                yield (
                    f"{_DECLARATION_PY}: HELPERS names {module}.{name}, which is not in "
                    f"{PACKAGE}/tests."
                )
    if not isinstance(checks.CHECKS, dict):
        yield f"{_CHECKS_PY}: CHECKS must be a dict of the checks, by task."
    for name, check in checks.CHECKS.items():
        if wrong := _wrong(check, _CHECK):
            yield f"{_CHECKS_PY}: the check {name} has no right {wrong}."


def _given_modules(folder: Path, declared: ModuleType) -> Iterator[str]:
    """The modules of the package in `folder` but for checks, what draws, and what is handed in."""
    for path in sorted(folder.rglob("*.py")):
        file = path.relative_to(folder)
        top = file.parts[0].removesuffix(".py")
        parts = file.parent.parts if file.name == "__init__.py" else file.with_suffix("").parts
        handed_in = f"{PACKAGE}/{file.as_posix()}" in declared.FILES
        if parts and top not in {"tests", *declared.DRAWING} and not handed_in:
            yield ".".join(parts)


def _wrong(one: object, needed: _Needed) -> str | None:
    """The first attribute of `one` that is missing or of the wrong kind."""
    for name, is_right in needed.items():
        if not is_right(getattr(one, name, None)):
            return name
    return None


def _module_of_the_checks(name: str) -> ModuleType | None:
    try:
        return importlib.import_module(f"{CHECKS}.{name}")
    except Exception:  # whatever it is, the name cannot be had from it
        return None


def _differences(course: Course, checks: ModuleType) -> Iterator[str]:
    """Where course.toml and the checks do not say the same: a sentence each."""
    declared, tasks = checks.declaration, course.tasks_by_name
    for what, here, there in (
        ("EXERCISE", declared.EXERCISE, course.exercise.name),
        ("NOTEBOOK", declared.NOTEBOOK, course.handin.graded_notebook),
        ("FILES", sorted(declared.FILES), sorted(course.handin.files)),
    ):
        if here != there:
            yield f"{_DECLARATION_PY}: {what} is {here!r}, but {MANIFEST} says {there!r}."
    given = set(_given_modules(course.root / PACKAGE, declared))
    for name in sorted(given - set(declared.GIVEN)):
        yield f"{_DECLARATION_PY}: GIVEN lacks {name}, which is in {PACKAGE}."
    for name in sorted(set(declared.GIVEN) - given):
        yield f"{_DECLARATION_PY}: GIVEN names {name}, which is not in {PACKAGE}."
    files = {one.name: one.file for one in declared.CALLABLES}
    methods = {one.name: getattr(one, "methods", ()) for one in declared.CALLABLES}
    for task in course.tasks:
        name, _, method = task.function.partition(".")
        if name not in files or (method and method not in methods[name]):
            yield (
                f"{_DECLARATION_PY}: CALLABLES does not have {task.function}, which {MANIFEST} "
                f"names for the task {task.name}."
            )
        elif files[name] != task.file:
            yield (
                f"{_DECLARATION_PY}: {name} is in {files[name]}, but {MANIFEST} says {task.file}."
            )
        if task.name not in checks.CHECKS:
            yield f"{_CHECKS_PY}: there is no check for the task {task.name} of {MANIFEST}."
    for name, check in checks.CHECKS.items():
        if name not in tasks:
            yield f"{MANIFEST}: there is no [[task]] for the check {name} of {_CHECKS_PY}."
            continue
        task = tasks[name]
        if check.function != task.function:
            yield (
                f"{_CHECKS_PY}: the check {name} has function {check.function!r}, but {MANIFEST} "
                f"says {task.function!r}."
            )
        if check.points != task.points:
            yield (
                f"{_CHECKS_PY}: the check {name} has points {check.points!r}, but {MANIFEST} says "
                f"{task.points!r}; `course build` writes {PACKAGE}/tests/points.py anew."
            )
