"""TOML read strictly: each key that is unknown, missing or of another kind is named.

`where` begins each sentence: a file with a colon, and the table in it that is looked at.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from i2dl_course import faults
from i2dl_course.errors import CourseError

_IN_WORDS = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    list: "a list",
    dict: "a table",
    datetime: "a date with a time, such as 2020-05-22T12:00:00",
}
Kinds = Mapping[str, type]


def read(path: Path, name: str) -> dict[str, Any]:
    """All that the file holds; `name` is what it is called in a sentence. CourseError."""
    try:
        return tomllib.loads(faults.read_text(path, name))
    except tomllib.TOMLDecodeError as error:
        raise CourseError(f"{name} is not valid TOML: {error}.") from None


def table(data: Any, where: str, required: Kinds, optional: Kinds | None = None) -> dict[str, Any]:
    """`data` as a table of these keys and no others, each a value of its kind. CourseError."""
    kinds = {**required, **(optional or {})}
    if not isinstance(data, dict):
        raise CourseError(f"{where} must be a table.")
    for key in data:
        if key not in kinds:
            raise CourseError(f"{where} {key} is not a known key; known: {', '.join(kinds)}.")
    for key, kind in kinds.items():
        if key in data:
            _check(data[key], kind, f"{where} {key}")
        elif key in required:
            raise CourseError(f"{where} {key} is missing.")
    return dict(data)


def entries(
    data: dict[str, Any], name: str, key: str, required: Kinds, optional: Kinds | None = None
) -> list[tuple[dict[str, Any], str]]:
    """The tables [[key]] of a file that holds nothing else, each with its own `where`."""
    found = data.get(key)
    if set(data) != {key} or not isinstance(found, list) or not found:
        raise CourseError(f"{name} must hold tables [[{key}]], at least one and nothing else.")
    places = [f"{name}: [[{key}]] number {number}" for number, _ in enumerate(found, start=1)]
    return [
        (table(entry, where, required, optional), where)
        for entry, where in zip(found, places, strict=True)
    ]


def _check(value: Any, kind: type, where: str) -> None:
    fits = (int, float) if kind is float else kind
    if not isinstance(value, fits) or (isinstance(value, bool) and kind is not bool):
        raise CourseError(f"{where} must be {_IN_WORDS[kind]}.")
    if isinstance(value, str) and not value.strip():
        raise CourseError(f"{where} must not be empty.")
