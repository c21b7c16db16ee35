"""Does recording a hand-in cost more in the gradebook of a large class?

    .venv/bin/python -m benchmarks.recording

Two gradebooks, one of 100 students and one of 20,000, are filled with grades. Then hand-ins of new
students are recorded in both by turns, and the processor time of each is taken.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from itertools import count
from pathlib import Path

import sqlalchemy as sa
from nbgrader import api

from benchmarks import classes
from benchmarks.showing import show
from i2dl_course import manifest
from i2dl_course.manifest import Course
from i2dl_course.records.gradebook import CourseGradebook, Record
from i2dl_course.records.settings import Settings
from i2dl_course.verdicts import Judgement, TaskVerdict

ROOT = Path(__file__).resolve().parents[1]
FEW, MANY = 100, 20_000
RECORDED = 60  # in each gradebook, by turns


def fill(course: Course, size: int) -> None:
    """Put `size` students with a grade for each task into the gradebook of `course`."""
    engine = sa.create_engine(f"sqlite:///{course.root / 'gradebook.db'}")
    tables = api.Base.metadata.tables
    with engine.begin() as connection:
        assignment = connection.execute(sa.select(tables["assignment"].c.id)).scalar_one()
        notebooks = connection.execute(sa.select(tables["notebook"].c.id)).scalars().all()
        cells = connection.execute(
            sa.select(*(tables["base_cell"].c[name] for name in ("id", "notebook_id", "type")))
        ).all()
        for first in range(0, size, 1000):
            added: dict[str, list[dict]] = {
                name: []
                for name in (
                    "student",
                    "submitted_assignment",
                    "submitted_notebook",
                    "grade",
                    "comment",
                )
            }
            for number in range(first, min(first + 1000, size)):
                submission, student = api.new_uuid(), f"earlier_{number:05}"
                added["student"].append({"id": student})
                added["submitted_assignment"].append(
                    {"id": submission, "assignment_id": assignment, "student_id": student}
                )
                for notebook in notebooks:
                    mine = api.new_uuid()
                    added["submitted_notebook"].append(
                        {"id": mine, "assignment_id": submission, "notebook_id": notebook}
                    )
                    for cell in cells:
                        if cell.notebook_id != notebook:
                            continue
                        row = {"cell_id": cell.id, "notebook_id": mine}
                        if cell.type == "GradeCell":
                            added["grade"].append({**row, "auto_score": 1.0})
                        else:
                            added["comment"].append(row)
            for name, values in added.items():
                rows = [{"id": api.new_uuid(), **row} for row in values]
                connection.execute(sa.insert(tables[name]), rows)
    engine.dispose()


def rows(quick: bool = False) -> list[dict]:
    """The row of this file; it is quick as it is."""
    with tempfile.TemporaryDirectory(prefix="i2dl-benchmark-") as folder:
        gradebooks, numbers = [], count()
        for size in (FEW, MANY):
            course = classes.make_course(manifest.load(ROOT), Path(folder) / str(size))
            fill(course, size)
            gradebooks.append((course, CourseGradebook(Settings(course), course)))
        taken: list[list[float]] = [[], []]
        for _ in range(RECORDED):
            for seconds, (course, book) in zip(taken, gradebooks, strict=True):
                record = record_of(course, f"new_{next(numbers):05}")
                begun = time.process_time()
                book.record(record)
                seconds.append(time.process_time() - begun)
        for _, book in gradebooks:
            book.close()
    few, many = map(statistics.median, taken)
    name = f"CPU of recording a hand-in: {MANY:,} students in the gradebook / {FEW}"
    return [
        {
            "name": name,
            "value": round(many / few, 3),
            "target": "≤ 1.1",
            "reached": many <= 1.1 * few,
        }
    ]


def record_of(course: Course, student: str) -> Record:
    """What is recorded for `student` when every task has passed."""
    verdicts = {
        task.name: TaskVerdict(task.name, task.points, task.points, True, "Right.", None, "")
        for task in course.tasks
    }
    judgement = Judgement(verdicts, course.exercise.pass_mark, "none", 1)
    there = frozenset(course.exercise.notebooks)
    return Record(student, None, there, judgement, "k" * 64, "nothing", {}, {})


if __name__ == "__main__":
    for row in rows():
        show(row)
