"""Running the real nbgrader commands, and reading from the gradebook what they have recorded.

What every process with nbgrader in it needs stands here, once: our commands on PATH, and a start
that does not wait for what nobody uses.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from importlib import import_module
from importlib.util import find_spec, module_from_spec
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from i2dl_course.errors import CourseError, WithLines
from i2dl_course.faults import how_to_install
from i2dl_course.manifest import Course

if TYPE_CHECKING:
    from nbgrader.api import Gradebook

_LINES_SHOWN = 12
# jsonschema looks for this optional library, whose grammar takes a second or two to make: half of
# what importing nbgrader costs. Without it a few formats of addresses are not checked.
_SLOW = "rfc3987_syntax"
_RUNNING: set[subprocess.Popen] = set()


def import_quickly() -> None:
    """Leave out what makes nbgrader's import slow; to be called before it.

    The package itself imports its four extensions of Jupyter's server, and with them all that there
    is of nbgrader. Here it is what its folder is, so that a module of it imports what it needs; its
    own code is run when somebody asks for the names of the extensions.
    """
    sys.modules.setdefault(_SLOW, None)  # type: ignore[arg-type]  # None: it is not to be had
    spec = find_spec("nbgrader") if "nbgrader" not in sys.modules else None
    if spec is None or spec.loader is None:
        return
    package: Any = module_from_spec(spec)
    run = spec.loader.exec_module

    def of_the_extensions(name: str) -> object:
        if not name.startswith(("_jupyter_", "_load_jupyter_")):
            raise AttributeError(f"module 'nbgrader' has no attribute {name!r}")
        del package.__getattr__
        run(package)
        return getattr(package, name)

    package.__getattr__ = of_the_extensions
    sys.modules["nbgrader"] = package
    package.__version__ = import_module("nbgrader._version").__version__


def without_slow_library(folder: Path) -> dict[str, str]:
    """The same for processes: the variables to start them with, for which `folder` is made."""
    folder.mkdir()
    (folder / f"{_SLOW}.py").write_text("raise ImportError('left out')\n")
    return {"PYTHONPATH": str(folder)}


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


def require_plain_path(course: Course) -> None:
    """Raise CourseError when nbgrader would take the path of the course for a pattern."""
    path = str(course.root)
    if not fnmatchcase(path, path):
        raise CourseError(
            f"nbgrader takes the brackets in {path} for a pattern, and finds nothing there; "
            "give the folder a name without [ and ]."
        )


def _gradebook(course: Course, db_url: str | None = None) -> Gradebook:
    from nbgrader.api import Gradebook  # half a second, and only these functions need it

    return Gradebook(db_url or f"sqlite:///{course.root / 'gradebook.db'}", course.id)


def due_date(course: Course, db_url: str | None = None) -> datetime | None:
    """The due date that the gradebook holds, in UTC."""
    with _gradebook(course, db_url) as gradebook:
        stored = gradebook.find_assignment(course.exercise.name).duedate
    return stored.replace(tzinfo=UTC) if stored else None


@dataclass(frozen=True)
class Grades:
    """What the gradebook holds for one student. `points` is by task; `total` is after `penalty`."""

    student: str
    points: dict[str, float]
    penalty: float
    total: float
    seconds_late: float
    handed_in: datetime | None

    @property
    def late(self) -> bool:
        return self.seconds_late > 0


def read_grades(course: Course) -> dict[str, Grades]:
    """The grades of everyone who has handed in, by student.

    A task for which the gradebook holds no points counts 0: nbgrader leaves it empty when a
    notebook was not handed in.
    """
    grades = {}
    with _gradebook(course) as gradebook:
        for submission in gradebook.assignment_submissions(course.exercise.name):
            points = dict.fromkeys(course.tasks_by_name, 0.0)
            for notebook in submission.notebooks:
                for grade in notebook.grades:
                    points[grade.cell.name] = float(grade.score or 0.0)
            stamp = submission.timestamp
            grades[submission.student_id] = Grades(
                student=submission.student_id,
                points=points,
                penalty=float(submission.late_submission_penalty or 0.0),
                total=float(submission.score - (submission.late_submission_penalty or 0.0)),
                seconds_late=float(submission.total_seconds_late),
                handed_in=stamp.replace(tzinfo=UTC) if stamp else None,
            )
    return dict(sorted(grades.items()))
