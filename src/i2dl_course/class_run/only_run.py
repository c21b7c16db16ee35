"""One grading run at a time in a course."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from i2dl_course import sandbox
from i2dl_course.manifest import CourseError

LOCK_FILE = ".course-grade.lock"


@contextmanager
def only_run(root: Path) -> Iterator[Path]:
    """Hold the lock of the course at `root`; yields a scratch folder for this run.

    The kernel lets go of the lock when the process ends, however it ends. Raises CourseError when
    another run holds it.
    """
    try:
        file = (root / LOCK_FILE).open("a+", encoding="utf-8")
    except OSError as error:
        raise CourseError(f"{root / LOCK_FILE} cannot be written ({error.strerror}).") from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CourseError(
                f"Another `course grade` is running in {root}; wait until it is done."
            ) from None
        with sandbox.ScratchFolder("grade") as scratch:
            # As root, a sandbox's user must be able to reach its own folder in here.
            scratch.chmod(0o711)
            yield scratch
