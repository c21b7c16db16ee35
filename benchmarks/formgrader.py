"""How long does a grader wait for nbgrader's pages, in a class of 1,500?

    .venv/bin/python -m benchmarks.formgrader [--students 1500]

A course with a full gradebook and autograded hand-ins is served by a real Jupyter server, and its
processor time is taken for each request that a page of the formgrader waits for: it has one thread,
so on a machine that does nothing else that is how long one waits.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

import sqlalchemy as sa
from nbgrader import api

from benchmarks import classes, recording
from benchmarks.jupyter_server import jupyter_server
from benchmarks.showing import show
from i2dl_course import manifest
from i2dl_course.manifest import Course
from i2dl_course.nbgrader_side.run import command_environment

ROOT = Path(__file__).resolve().parents[1]
STUDENTS, FEW = 1500, 100


def hand_ins(course: Course, size: int) -> None:
    """One autograded hand-in, graded as a class is, and `size` students who have its like."""
    [model] = classes.hand_in(manifest.load(ROOT), course, 1)
    course_command = Path(sys.executable).parent / "course"
    subprocess.run(
        [str(course_command), "grade", course.exercise.name, "--json"],
        cwd=course.root,
        env=command_environment(),
        stdout=subprocess.DEVNULL,
        check=True,
    )
    recording.fill(course, size)
    wanted = (course.handin.graded_notebook, *course.handin.files)
    for step in ("submitted", "autograded"):
        for number in range(size):
            for file in wanted:
                made = course.root / step / f"earlier_{number:05}" / course.exercise.name / file
                made.parent.mkdir(parents=True, exist_ok=True)
                made.hardlink_to(course.root / step / model / course.exercise.name / file)


def seconds(address: str, token: str, process: int, path: str) -> float:
    """What the second of two requests costs the server; the first one imports."""
    request = urllib.request.Request(
        f"{address}formgrader/{path}", headers={"Authorization": f"token {token}"}
    )
    for _ in range(2):
        before = processor_time(process)
        with urllib.request.urlopen(request, timeout=600) as answer:
            answer.read()
    return processor_time(process) - before


def processor_time(process: int) -> float:
    """Seconds of the processor that a process has had so far."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(size: int) -> list[dict]:
    """A row for each page."""
    with tempfile.TemporaryDirectory(prefix="i2dl-benchmark-") as folder:
        course = classes.make_course(manifest.load(ROOT), Path(folder) / "course")
        hand_ins(course, size)
        name, notebook = course.exercise.name, course.graded_notebook_name
        engine = sa.create_engine(f"sqlite:///{course.root / 'gradebook.db'}")
        with engine.connect() as connection:
            submitted, notebooks = api.SubmittedNotebook.__table__, api.Notebook.__table__
            one = connection.execute(
                sa.select(submitted.c.id)
                .join(notebooks, notebooks.c.id == submitted.c.notebook_id)
                .where(notebooks.c.name == notebook)
                .limit(1)
            ).scalar_one()
        engine.dispose()
        pages = {
            "Manage assignments": "api/assignments",
            "Manage students": "api/students",
            "Manage submissions": f"api/submissions/{name}",
            "Manual grading: the list": f"api/submitted_notebooks/{name}/{notebook}",
            "a hand-in": f"submissions/{one}/",
            "its points and comments": f"api/comments?submission_id={one}",
            "Next": f"submissions/{one}/next",
        }
        with jupyter_server(course.root) as (address, token, process):
            return [
                {
                    "name": f"CPU seconds of the formgrader's server, {size} students: {page}",
                    "value": round(seconds(address, token, process, path), 2),
                    "target": "",
                    "reached": None,
                }
                for page, path in pages.items()
            ]


def rows(quick: bool = False) -> list[dict]:
    """The rows of this file."""
    return measure(FEW) + ([] if quick else measure(STUDENTS))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--students", type=int, default=STUDENTS)
    for row in measure(parser.parse_args().students):
        show(row)


if __name__ == "__main__":
    main()
