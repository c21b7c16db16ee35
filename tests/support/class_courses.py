"""Courses with a few hand-ins for the tests of the class run, and what their gradebooks hold."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from nbgrader import api
from support.handins import COURSE, course_command

from benchmarks import classes
from i2dl_course import manifest
from i2dl_course.handins.opening import open_handin
from i2dl_course.manifest import Course
from i2dl_course.receiving.archive import Archive, Received
from i2dl_course.records import counting
from i2dl_course.samples import personas

EXERCISE = COURSE.exercise.name
IN_TIME, LATE = "2020-05-26 18:30:00 UTC", "2020-05-27 22:00:00 UTC"  # late by one second


def prepared(tmp_path_factory) -> Path:
    """A course with a gradebook and without hand-ins, made once for all processes of the tests."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder = shared / "class-course"
    with (shared / "class-course.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            classes.make_course(COURSE, shared / "class-course.new").root.rename(folder)
    return folder


def copy_of(template: Path, folder: Path) -> Course:
    """A course of one's own, from the prepared one."""
    shutil.copytree(template, folder, symlinks=True)
    return manifest.load(folder)


def hand_in(course: Course, student: str, persona: str = "perfect", stamp: str = IN_TIME) -> Path:
    """Put the hand-in of a persona into submitted/, as if collected; its folder."""
    folder = course.root / "submitted" / student / EXERCISE
    file = COURSE.root / "instructor" / "personas" / persona / "persona.toml"
    personas.build(personas.load(file, COURSE), COURSE, folder)
    (folder / "timestamp.txt").write_text(stamp, encoding="ascii")
    return folder


def persona_files(persona: str) -> dict[str, bytes]:
    """The files that a persona hands in."""
    file = COURSE.root / "instructor" / "personas" / persona / "persona.toml"
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work) / "hand-in"
        personas.build(personas.load(file, COURSE), COURSE, folder)
        return open_handin(folder, COURSE).files


def receive(course: Course, student: str, persona: str, time: datetime) -> Received:
    """Have the hand-in of a persona received, and put into submitted/ as collecting does."""
    archive = Archive(course)
    taken = archive.take(student, persona_files(persona), time, f"{len(archive.all())}")
    handins = archive.of(student)
    newest = counting.newest(course, handins)
    said = counting.notes(course, handins, newest, None, {})
    folder = course.root / "submitted" / student / EXERCISE
    counting.place(course, archive, newest, said, folder)
    return taken


def grade(course: Course, *arguments) -> subprocess.CompletedProcess:
    """Run ``course grade`` for its exercise."""
    return course_command("grade", EXERCISE, *arguments, folder=course.root)


def graded(course: Course, *arguments) -> dict:
    """What a run reports with --json; it must have graded everybody."""
    done = grade(course, "--json", *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


# Runs a verb, but stops before one call of one method of ours, says so, and waits to be let go.
_HELD = """
import os, pkgutil, signal, sys
from itertools import count
from i2dl_course.cli import main

# The suite itself may have been told to ignore these, by nohup or a shell's &.
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, signal.SIG_DFL if number != signal.SIGINT else signal.default_int_handler)
_, owner, method, before, said, let_go, *arguments = sys.argv
owner, calls = pkgutil.resolve_name(owner), count()
original = getattr(owner, method)

def held(*values):
    if next(calls) == int(before):
        os.write(int(said), b"held")
        os.read(int(let_go), 1)
    return original(*values)

setattr(owner, method, held)
sys.exit(main(arguments))
"""


class HeldRun:
    """A verb in the background, held before the `before`-th call (from 0) of `method`.

    What it has reached then cannot pass by, however slow or quick this machine is. `method` is one
    of a class in ``src/``. Leaving the block ends the run.
    """

    def __init__(
        self,
        course: Course,
        method: Callable,
        before: int,
        *arguments,
        verb: Sequence = ("grade", EXERCISE),
    ):
        said, theirs_said = os.pipe()
        theirs_let_go, self._let_go = os.pipe()
        owner, _, name = method.__qualname__.rpartition(".")
        held = (f"{method.__module__}:{owner}", name, before, theirs_said, theirs_let_go)
        self._run = subprocess.Popen(
            [sys.executable, "-P", "-c", _HELD, *map(str, (*held, *verb, *arguments))],
            cwd=course.root,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            pass_fds=(theirs_said, theirs_let_go),
        )
        os.close(theirs_said)
        os.close(theirs_let_go)
        with open(said, "rb") as file:
            if not file.read(1):
                pytest.fail(f"the run was over too soon:\n{''.join(self._run.communicate())}")

    def __enter__(self) -> HeldRun:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._let_go)
        self.kill()

    @property
    def pid(self) -> int:
        """The process of the command."""
        return self._run.pid

    def kill(self) -> None:
        """End it at once, as the kernel does when memory is short; waits for what it started."""
        self._run.kill()
        self._run.communicate()

    def finish(self) -> str:
        """Let it go, and wait for its end, which must be a good one; what it has written."""
        os.write(self._let_go, b"g")
        code, output, errors = self.wait()
        assert code == 0, output + errors
        return output

    def wait(self) -> tuple[int, str, str]:
        """Wait for its end; its exit code, and what it has written."""
        output, errors = self._run.communicate()
        return self._run.returncode, output, errors


def gradebook(course: Course) -> str:
    """The URL of the gradebook that a course has by default."""
    return f"sqlite:///{course.root / 'gradebook.db'}"


def rows(url: str) -> dict[str, list[tuple]]:
    """All rows about students and their hand-ins, by table, sorted, with names for random ids."""
    submissions, notebooks = api.SubmittedAssignment.__table__, api.SubmittedNotebook.__table__
    whose = (
        sa.select(
            notebooks.c.id.label("id"),
            submissions.c.student_id,
            api.Notebook.__table__.c.name,
            notebooks.c.late_submission_penalty,
            notebooks.c.flagged,
        )
        .join(submissions, submissions.c.id == notebooks.c.assignment_id)
        .join(api.Notebook.__table__, api.Notebook.__table__.c.id == notebooks.c.notebook_id)
    )
    mine = whose.subquery()
    cells = api.BaseCell.__table__

    def of(table, *names):
        return (
            sa.select(
                mine.c.student_id,
                mine.c.name,
                cells.c.name.label("cell"),
                *(table.c[name] for name in names),
            )
            .join(mine, mine.c.id == table.c.notebook_id)
            .join(cells, cells.c.id == table.c.cell_id)
        )

    queries = {
        "student": sa.select(api.Student.__table__),
        "submitted_assignment": sa.select(
            submissions.c.student_id,
            api.Assignment.__table__.c.name,
            submissions.c.timestamp,
            submissions.c.extension,
        ).join(
            api.Assignment.__table__, api.Assignment.__table__.c.id == submissions.c.assignment_id
        ),
        "submitted_notebook": sa.select(*list(mine.c)[1:]),
        "grade": of(
            api.Grade.__table__, "auto_score", "manual_score", "extra_credit", "needs_manual_grade"
        ),
        "comment": of(api.Comment.__table__, "auto_comment", "manual_comment"),
    }
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        found = {
            name: sorted(map(tuple, connection.execute(query)), key=repr)
            for name, query in queries.items()
        }
    engine.dispose()
    return found


def verdicts(url: str) -> dict[str, object]:
    """The rows of our own table, by student."""
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        found = connection.execute(sa.text("SELECT * FROM course_verdict ORDER BY student")).all()
    engine.dispose()
    return {row.student: row for row in found}


def points(url: str) -> dict[str, float]:
    """The automatic points of everybody."""
    totals: dict[str, float] = {}
    for student, _, _, automatic, *_ in rows(url)["grade"]:
        totals[student] = totals.get(student, 0.0) + (automatic or 0.0)
    return totals
