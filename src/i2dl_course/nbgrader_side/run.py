"""Running the real nbgrader commands, with ours on PATH."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC
from itertools import takewhile
from pathlib import Path
from typing import Any

from i2dl_course.errors import CourseError, WithLines
from i2dl_course.faults import how_to_install
from i2dl_course.manifest import Course

_LINES_SHOWN = 12
_RUNNING: set[subprocess.Popen] = set()


def path_with_our_commands() -> str:
    """PATH with this environment's commands first: nbgrader calls alembic by name."""
    return os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])


def command_environment(**changes: str) -> dict[str, str]:
    """Our environment for a command, with `changes`, and with our commands first on PATH."""
    return {**os.environ, "PATH": path_with_our_commands(), **changes}


@contextmanager
def running(command: Sequence[str], **options: Any) -> Iterator[subprocess.Popen]:
    """A command for the time of the block, which ends when it does; or at once, with an exception.

    Raises CourseError when there is no such command.
    """
    try:
        process = subprocess.Popen(command, **options)
    except FileNotFoundError:
        raise CourseError(f"There is no {command[0]}; {how_to_install()}.") from None
    _RUNNING.add(process)
    try:
        with process:
            try:
                yield process
            except BaseException:
                process.kill()
                raise
    finally:
        _RUNNING.discard(process)


def kill_what_is_running() -> None:
    """End the commands that other threads have running; sandboxes end with whoever has them."""
    for process in tuple(_RUNNING):
        process.kill()


def nbgrader(
    arguments: Sequence[str],
    folder: Path,
    environment: dict[str, str] | None = None,
    log: Path | None = None,
    on_line: Callable[[str], None] | None = None,
    seconds: float = threading.TIMEOUT_MAX,
) -> None:
    """Run ``nbgrader <arguments>`` in `folder`; `on_line` sees each line that it prints.

    Raises CourseError with the last lines of its output when it fails, and when it has not ended
    after so many `seconds`. The whole output is appended to the file `log`.
    """
    # The script beside our interpreter: `python -m` would put the working folder on sys.path.
    command = [str(Path(sys.executable).parent / "nbgrader"), *arguments]
    shown = " ".join(takewhile(lambda word: not word.startswith("-"), arguments))
    lines = []
    stopped = threading.Event()
    with running(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:

        def stop() -> None:
            stopped.set()
            process.kill()

        timer = threading.Timer(seconds, stop)
        timer.daemon = True
        timer.start()
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line)
            if on_line:
                on_line(line)
    timer.cancel()
    if stopped.is_set():
        raise CourseError(f"`nbgrader {shown}` did not end within {seconds:g} seconds.")
    if log:
        with log.open("a", encoding="utf-8") as file:
            file.writelines([f"$ nbgrader {' '.join(arguments)}\n", *lines])
    if process.returncode:
        tail = "".join(lines[-_LINES_SHOWN:]).rstrip()
        raise WithLines(
            f"`nbgrader {shown}` failed with exit code {process.returncode} in "
            f"{folder}; its last lines were:\n{tail}"
        )


def prepare_gradebook(
    course: Course,
    environment: dict[str, str] | None = None,
    log: Path | None = None,
    db_url: str | None = None,
) -> None:
    """Make the release and the gradebook of `course` with its due date, by nbgrader's commands.

    `db_url` is where the gradebook is; by default it is the file gradebook.db of the course. Raises
    CourseError when a command fails, or when the due date is not stored as it should be.
    """
    from i2dl_course.records.grades import due_date  # `cli` imports this file and waits for it
    from i2dl_course.records.settings import require_plain_path

    require_plain_path(course)
    book = course.root / "gradebook.db"
    for path in (course.root, course.release_dir.parent, book):
        if path.exists() and not os.access(path, os.W_OK):
            raise CourseError(f"{path} is read-only; make it writable, then prepare again.")
    name = course.exercise.name
    nbgrader(["generate_assignment", name, "--force"], course.root, environment, log)
    due = course.exercise.due_for_nbgrader
    nbgrader(["db", "assignment", "add", name, f"--duedate={due}"], course.root, environment, log)
    stored = due_date(course, db_url)
    if stored != course.exercise.closes.astimezone(UTC):
        raise CourseError(
            f"The gradebook holds {stored} as the due date of {name}, and course.toml says "
            f"{course.exercise.closes}; late hand-ins would be judged wrongly."
        )
