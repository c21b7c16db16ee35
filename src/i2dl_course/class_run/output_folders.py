"""The folders of notebooks and pages of one hand-in: replaced as a whole, and told unharmed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path


def replace(folder: Path, files: Mapping[str, bytes], mode: int) -> dict[str, int]:
    """Put `files`, by relative name, in place of `folder`; without any, remove it.

    They are written aside and renamed into place, so that a reader finds the old ones or the new
    ones. What an interrupted replacement has left aside is removed. Returns the sizes in bytes.
    """
    new, old = (folder.parent / f".{folder.name}.{age}" for age in ("new", "old"))
    for aside in (new, old):
        if aside.exists():
            shutil.rmtree(aside)
    for name, data in files.items():
        path = new / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        path.chmod(mode)
    if folder.exists():
        folder.rename(old)
    if files:
        new.rename(folder)
    if old.exists():
        shutil.rmtree(old)
    return {name: len(data) for name, data in files.items()}


def unharmed(folder: Path, sizes: Mapping[str, int]) -> bool:
    """Whether the files in `folder` have these sizes: after a power cut they may be empty."""
    try:
        return all(os.stat(folder / name).st_size == size for name, size in sizes.items())
    except OSError:
        return False
