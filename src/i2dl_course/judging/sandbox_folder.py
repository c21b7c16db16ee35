"""What stands in the folder of a sandbox before there is a student's file in it."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from i2dl_course import package, sandbox
from i2dl_course.declared import BOUNDARY, PACKAGE, written
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


class WorkerFolder:
    """What workers see: their program, and what they need of the given package. Close it after use.

    path : the folder
    program : the command that runs a worker in it

    Raises CourseError when it cannot be made of the package.
    """

    def __init__(self, course: Course):
        self._scratch = sandbox.ScratchFolder("judge")
        self.path = self._scratch.path
        try:
            self.program = furnish(self.path, course, "worker.py")
            _without_answers(self.path, course)
        except FileNotFoundError:
            package.checks_of(course)  # says what is missing, when it is a part of the package
            raise

    def close(self) -> None:
        """Remove the folder."""
        self._scratch.close()

    def __enter__(self) -> WorkerFolder:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _without_answers(folder: Path, course: Course) -> None:
    """Leave of the package in `folder` what a worker needs: it judges nothing, and draws nothing.

    Of exercise_code.tests there is what wraps a student's functions, and the helpers for a student
    who imports them; of the modules that draw there is the name. The formulas in them for what a
    student has to compute are not there to be called.
    """
    declared = written(course.root)  # a worker can start before NumPy and the checks are imported
    if not {"HELPERS", "DRAWING"} <= declared.keys():
        declared = vars(package.checks_of(course).declaration)
    given, left = (root / PACKAGE / "tests" for root in (course.root, folder / sandbox.SKELETON))
    shutil.rmtree(left)
    left.mkdir()
    for name in (*BOUNDARY, *declared["HELPERS"]):
        shutil.copy(given / f"{name}.py", left / f"{name}.py")
    shutil.copy(INSIDE / "tests_in_worker.py", left / "__init__.py")
    for name in declared["DRAWING"]:
        shutil.rmtree(left.parent / name, ignore_errors=True)
        shutil.copy(INSIDE / "drawing_in_worker.py", left.parent / f"{name}.py")
