"""The package that students are given, without what an editor or a run leaves in it."""

from __future__ import annotations

import shutil
from pathlib import Path

from i2dl_course.manifest import CourseError

PACKAGE = "exercise_code"
_CACHES = {"__pycache__", ".ipynb_checkpoints", ".DS_Store"}
_COMPILED = {".pyc", ".pyo"}


def files_below(folder: Path, hidden: bool = False) -> list[Path]:
    """All files below `folder`, sorted, less noise: caches, and what is hidden unless asked for.

    Raises CourseError for a link.
    """
    found = []
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if _CACHES.intersection(parts) or path.suffix in _COMPILED:
            continue
        if not hidden and any(part.startswith(".") for part in parts):
            continue
        if path.is_symlink():
            raise CourseError(
                f"{path.relative_to(folder.parent)}: is a link, and nbgrader drops "
                "linked folders; put the file itself there."
            )
        if path.is_file():
            found.append(path)
    return found


def files_of(root: Path) -> list[Path]:
    """The files of the package of the course at `root`. Raises CourseError when there is none."""
    folder = root / PACKAGE
    if not folder.is_dir():
        raise CourseError(f"There is no {PACKAGE} in {root}, so nothing can be judged.")
    return files_below(folder)


def copy(root: Path, target: Path) -> None:
    """Copy the package of the course at `root` into the folder `target`."""
    for path in files_of(root):
        place = target / path.relative_to(root)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place)
