"""The student tree in a folder."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from i2dl_course.errors import CourseError
from i2dl_course.publishing.change import Allowed, Change, change
from i2dl_course.publishing.tree import SUMS, StudentTree


def change_in(folder: Path, tree: StudentTree, allowed: Allowed, place: str = "") -> Change:
    """What publishing `tree` into `folder` would change; `place` is what a sentence calls it.

    Raises CourseError as change() does, and when `folder` is a file.
    """
    place = place or str(folder)
    if folder.exists() and not folder.is_dir():
        raise CourseError(f"{place} is a file; give a folder.")
    return change(tree, _names(folder), lambda name: _read(folder, name), allowed, place)


def write(folder: Path, tree: StudentTree, what: Change) -> None:
    """Carry `what` out in `folder`, each file at once, and read all of it again.

    Raises CourseError when a file is not what was written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    # The sums last: until they are there, the same command takes up where it was interrupted.
    for path in sorted((*what.new, *what.changed), key=lambda path: (path == SUMS, path)):
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=place.parent, delete=False) as fresh:
            fresh.write(what.files[path])
        os.chmod(fresh.name, 0o755 if path in tree.executable else 0o644)
        os.replace(fresh.name, place)
    for path, data in what.files.items():
        if _read(folder, path) != data:
            raise CourseError(f"{folder / path}: is not what was written; publish again.")


def _names(folder: Path) -> set[str]:
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if not path.is_dir() and path.relative_to(folder).parts[0] != ".git"
    }


def _read(folder: Path, name: str) -> bytes:
    path = folder / name
    if path.is_symlink():
        raise CourseError(f"{path}: is a link; put the file itself there.")
    return path.read_bytes()
