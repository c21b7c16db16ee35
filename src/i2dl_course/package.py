"""The package that students are given: its files without noise, and its checks.

What the checks declare must be whole, and be what course.toml says. Whoever judges asks for them by
:func:`checks_of`, which sees to that.
"""

from __future__ import annotations

import importlib.util
import shutil
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

from i2dl_course.declared import CHECKS, PACKAGE, require_whole
from i2dl_course.errors import CourseError
from i2dl_course.manifest import Course, load

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


def checks_of(course: Course) -> ModuleType:
    """The package exercise_code.tests of `course`.

    Student code is never imported here, and the modules a student writes are stubs there, which
    nothing asks for. Raises CourseError when the checks cannot be imported, when something of them
    is missing or of the wrong kind, or when they and course.toml differ.
    """
    checks = _imported(course.root)
    require_whole(course, checks)
    return checks


def meanings_of(course: Course) -> dict[str, str]:
    """What each cause means in a sentence, by its name; empty where the checks name no causes.

    Raises CourseError as :func:`checks_of` does.
    """
    checks = checks_of(course)
    if importlib.util.find_spec(f"{CHECKS}.causes", checks.__name__) is None:
        return {}
    causes = importlib.import_module(f"{CHECKS}.causes").CAUSES
    return {name: cause.meaning for name, cause in causes.items()}


@cache
def _imported(root: Path) -> ModuleType:
    """`root` is on sys.path only while the checks are imported."""
    sys.path.insert(0, str(root))
    try:
        module = importlib.import_module(CHECKS)
    except (Exception, SystemExit) as error:
        raise CourseError(
            f"The checks cannot be imported from {root}: {type(error).__name__}: {error}."
        ) from None
    finally:
        sys.path.remove(str(root))
    if not Path(str(module.__file__)).resolve().is_relative_to(root.resolve()):
        raise CourseError(
            f"The checks were imported from {module.__file__} and not from {root}; "
            "run the command in a process of its own."
        )
    return module


def main() -> int:
    """Whether the checks of the course in the working folder are as course.toml says."""
    try:
        checks_of(load(Path.cwd()))
    except CourseError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
