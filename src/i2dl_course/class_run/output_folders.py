"""The folders of notebooks and pages of one hand-in: replaced as a whole, and told unharmed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from i2dl_course.errors import CourseError
from i2dl_course.faults import at


def replace(folder: Path, files: Mapping[str, bytes], mode: int) -> dict[str, int]:
    """Put `files`, by relative name, in place of `folder`; without any, remove it.

    They are written aside and renamed into place, so that a reader finds the old ones or the new
    ones. What an interrupted replacement has left aside is removed, as is what a failed one has
    written. Returns the sizes in bytes; raises OSError.
    """
    new, old = (folder.parent / f".{folder.name}.{age}" for age in ("new", "old"))
    with at(folder):
        for aside in (new, old):
            if aside.exists():
                shutil.rmtree(aside)
        try:
            for name, data in files.items():
                path = new / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
                path.chmod(mode)
            if folder.exists():
                folder.rename(old)
            if files:
                new.rename(folder)
        except BaseException:
            # Half of it would keep a full disk full.
            shutil.rmtree(new, ignore_errors=True)
            if old.exists() and not folder.exists():
                old.rename(folder)
            raise
        if old.exists():
            shutil.rmtree(old)
    return {name: len(data) for name, data in files.items()}


def require_writable(folder: Path) -> None:
    """Raise CourseError when `folder`, or else the nearest above it, takes no file of ours."""
    there = folder
    while not there.exists():
        there = there.parent
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        why = "it is read-only" if there.is_dir() else "it is no folder"
        raise CourseError(
            f"Nothing can be written to {there} ({why}), where what is graded belongs; mend that, "
            "and the same command goes on."
        )


def unharmed(folder: Path, sizes: Mapping[str, int]) -> bool:
    """Whether the files in `folder` have these sizes: after a power cut they may be empty."""
    try:
        return all(os.stat(folder / name).st_size == size for name, size in sizes.items())
    except OSError:
        return False
