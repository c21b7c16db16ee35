"""One grading run at a time in a course."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from i2dl_course import sandbox
from i2dl_course.nbgrader_side import course_lock


@contextmanager
def only_run(root: Path) -> Iterator[Path]:
    """Hold the lock of the course at `root`; yields a scratch folder for this run.

    Raises CourseError when another run, or one of nbgrader's commands, holds it.
    """
    with course_lock.held(root), sandbox.ScratchFolder("grade") as scratch:
        # As root, a sandbox's user must be able to reach its own folder in here.
        scratch.chmod(0o711)
        yield scratch
