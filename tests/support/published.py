"""What `course publish` needs of a course, copied to where a test may change it."""

from __future__ import annotations

import shutil
from pathlib import Path

from i2dl_course.manifest import Course, load

NEEDED = (
    "CHANGELOG.md",
    "LICENSE",
    "course.toml",
    "docs/reading.md",
    "docs/students.md",
    "requirements-student.lock",
    "release",
    "student_tree",
)
REPOSITORY = "https://github.com/a-course/exercise-5"
HUB = "https://hub.example.org"
LITE = "https://example.org/exercise-5"


def copy_course(root: Path, target: Path, *more: str) -> Course:
    """The course at `root`, as far as publishing reads it and with `more`, at `target`."""
    for name in (*NEEDED, *more):
        place = target / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if (root / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
            shutil.copytree(root / name, place, ignore=ignored)
        else:
            shutil.copy(root / name, place)
    return load(target)


def with_addresses(course: Course, repository: str | None = REPOSITORY, **more: str) -> Course:
    """The course with [publish] in its course.toml filled in."""
    path = course.root / "course.toml"
    before, _, _ = path.read_text(encoding="utf-8").partition("[publish]")
    table = ({"repository": repository} if repository else {}) | more
    lines = "".join(f'{key} = "{value}"\n' for key, value in table.items())
    path.write_text(f"{before}[publish]\n{lines}", encoding="utf-8")
    return load(course.root)
