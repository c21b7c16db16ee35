"""The lock of a course: `course grade` alone, or nbgrader's commands, which may be several."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from i2dl_course.errors import CourseError

LOCK_FILE = ".course-grade.lock"


@contextmanager
def held(root: Path, shared: bool = False) -> Iterator[None]:
    """Hold the lock of the course at `root`; `shared` with others that share it.

    The kernel lets go of the lock when the process ends, however it ends. Raises CourseError when
    somebody else holds it.
    """
    try:
        # To be read only: whoever grades next may be another user of the same course.
        file = os.open(root / LOCK_FILE, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o664)
    except OSError as error:
        raise CourseError(f"{root / LOCK_FILE} cannot be written ({error.strerror}).") from None
    try:
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        others = "" if shared else ", or nbgrader's autograde or generate_feedback"
        raise CourseError(
            f"Another `course grade` is running in {root}{others}; wait until it is done."
        ) from None
    try:
        yield
    finally:
        os.close(file)
