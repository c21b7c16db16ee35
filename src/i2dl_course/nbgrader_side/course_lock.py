"""The lock of a course: `course grade` alone, or nbgrader's commands, which may be several.

`course serve` holds it, alone, each time that it records for a moment; the others wait that long.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from i2dl_course.errors import CourseError

LOCK_FILE = ".course-grade.lock"
_PATIENCE = 5.0  # longer than `course serve` records a few hand-ins
_SECONDS_BETWEEN_TRIES = 0.02


@contextmanager
def held(root: Path, shared: bool = False, patience: float = _PATIENCE) -> Iterator[None]:
    """Hold the lock of the course at `root`; `shared` with others that share it.

    For it this waits as many seconds as there is `patience`.

    The kernel lets go of the lock when the process ends, however it ends. Raises CourseError when
    somebody else holds it.
    """
    try:
        # To be read only: whoever grades next may be another user of the same course.
        file = os.open(root / LOCK_FILE, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o664)
    except OSError as error:
        raise CourseError(f"{root / LOCK_FILE} cannot be written ({error.strerror}).") from None
    if not _locked(file, fcntl.LOCK_SH if shared else fcntl.LOCK_EX, patience):
        os.close(file)
        others = "" if shared else ", or nbgrader's autograde or generate_feedback"
        raise CourseError(
            f"Another `course grade` is running in {root}{others}; wait until it is done."
        ) from None
    try:
        yield
    finally:
        os.close(file)


def _locked(file: int, kind: int, patience: float) -> bool:
    end = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
            return True
        except OSError:
            if time.monotonic() >= end:
                return False
            time.sleep(_SECONDS_BETWEEN_TRIES)
