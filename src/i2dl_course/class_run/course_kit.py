"""The course kit: what has to be at hand wherever hand-ins are graded, as bytes with a digest.

A run grades against the kit that it has made at its start, so that a change to the course in the
middle of it cannot judge half of a class by one exercise and half by another, and a computer that
shares no file system with the instructor's gets all that it needs. There is no hand-in, no
gradebook and no solution in it.
"""

from __future__ import annotations

import ast
import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from i2dl_course import faults, manifest, package
from i2dl_course.errors import CourseError
from i2dl_course.manifest import MANIFEST, Course

_EPOCH = (1980, 1, 1, 0, 0, 0)  # of the zip format: the same files must give the same bytes


@dataclass(frozen=True)
class CourseKit:
    """A zip of the course's files that grading needs, and the SHA-256 of what they hold."""

    data: bytes
    digest: str

    def unpack(self, folder: Path) -> Course:
        """Write the files below `folder` and load the course from there."""
        with faults.at(folder), zipfile.ZipFile(io.BytesIO(self.data)) as archive:
            archive.extractall(folder)  # our own names, from pack
        return manifest.load(folder)


def pack(course: Course) -> CourseKit:
    """The kit of `course`.

    Raises CourseError for a part of it that has not been built or that nobody could grade with:
    named once and in its place, where a grading process would name its copy for every hand-in.
    """
    digest = hashlib.sha256()
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for path in _files(course):
            name, data = path.relative_to(course.root).as_posix(), path.read_bytes()
            _require_sound(name, data)
            digest.update(f"{name}\0{len(data)}\0".encode())
            digest.update(data)
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), data)
    return CourseKit(file.getvalue(), digest.hexdigest())


def _files(course: Course) -> Iterator[Path]:
    yield course.root / MANIFEST
    yield from package.files_of(course.root)
    for name in course.exercise.notebooks:
        path = course.source_dir / f"{name}.ipynb"
        if not path.is_file():
            raise CourseError(f"There is no {path}; run `course build`.")
        yield path


def _require_sound(name: str, data: bytes) -> None:
    """Raise CourseError for a module that is no Python, or a notebook that is none."""
    if name.endswith(".ipynb"):
        try:
            notebook = json.loads(data)
            sound = isinstance(notebook, dict) and isinstance(notebook.get("cells"), list)
        except (ValueError, RecursionError):
            sound = False
        if not sound:
            raise CourseError(f"{name} is no notebook; run `course build`, which makes it anew.")
    elif name.endswith(".py"):
        try:
            ast.parse(data, name)
        except (SyntaxError, ValueError) as error:
            line = getattr(error, "lineno", None)  # a ValueError, for a NUL in it, has none
            where = f"{name}, line {line}," if line else name
            why = getattr(error, "msg", error)
            raise CourseError(
                f"{where} is no Python ({why}), so nothing can be judged; correct it."
            ) from None
