"""One grading run at a time in a course, and the traces of one that was killed removed."""

from __future__ import annotations

import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from i2dl_course.manifest import CourseError

LOCK_FILE = ".course-grade.lock"
_PREFIX = "i2dl-grade-"


@contextmanager
def only_run(root: Path) -> Iterator[Path]:
    """Hold the lock of the course at `root`; yields a scratch folder for this run.

    The kernel lets go of the lock when the process ends, however it ends. The lock's file names the
    scratch folder, so that the next run can remove it when this one was killed. Raises CourseError
    when another run holds the lock.
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
        file.seek(0)
        _remove_scratch(file.read().strip())
        with tempfile.TemporaryDirectory(prefix=_PREFIX) as scratch:
            file.truncate(0)
            file.write(scratch)
            file.flush()
            # As root, a sandbox's user must be able to reach its own folder in here.
            Path(scratch).chmod(0o711)
            yield Path(scratch)
        file.truncate(0)


def _remove_scratch(left: str) -> None:
    scratch = Path(left)
    if scratch.is_absolute() and scratch.name.startswith(_PREFIX) and not scratch.is_symlink():
        shutil.rmtree(scratch, ignore_errors=True)
