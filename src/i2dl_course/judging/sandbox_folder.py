"""What stands in the folder of a sandbox before there is a student's file in it."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from i2dl_course import package, sandbox
from i2dl_course.inside import INSIDE
from i2dl_course.manifest import Course


def furnish(folder: Path, course: Course, program: str) -> list[str]:
    """Put `program`, one of INSIDE, into `folder`, with what it imports and the given package.

    Returns the command that runs it. Raises CourseError when there is no package.
    """
    for name in (program, "channel.py", "wire.py"):
        shutil.copy(INSIDE / name, folder / name)
    home = folder / sandbox.SKELETON
    package.copy(course.root, home)
    for name in course.handin.files:
        (home / name).unlink(missing_ok=True)
    return [sys.executable, "-I", "-B", str(folder / program)]
