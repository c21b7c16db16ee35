"""How long does `course report` take for a class of 1,500 who hand in three times each?

    .venv/bin/python -m benchmarks.report [--quick]

Hand-ins, receipts, verdicts and grades are invented, and written by what writes real ones; then
the command is given. `--quick` takes a smaller class and extrapolates.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from benchmarks import classes
from benchmarks.regrade import course_command
from benchmarks.showing import show
from i2dl_course import manifest
from i2dl_course.manifest import Course
from i2dl_course.package import meanings_of
from i2dl_course.receiving.archive import Archive
from i2dl_course.records.gradebook import CourseGradebook, Record
from i2dl_course.records.judged import JudgedHandin
from i2dl_course.records.settings import Settings
from i2dl_course.verdicts import Judgement, TaskVerdict

ROOT = Path(__file__).resolve().parents[1]
SIZE, QUICK, FEW = 1500, 300, 30
TRIES = 3


def fill(original: Course, course: Course, size: int, tries: int = TRIES, seed: int = 5) -> None:
    """Have `size` invented students hand in, be judged and be recorded; one in ten does nothing.

    What a student fails has a cause, and at each try some of it is repaired.
    """
    draw = random.Random(seed)
    causes = sorted(meanings_of(original))[:40]
    text = "import numpy as np\n\n\ndef {}(x, w, b):\n    return x  # {}\n"
    exercise, archive = course.exercise, Archive(course)
    gradebook = CourseGradebook(Settings(course), course)
    judged: list[JudgedHandin] = []
    for student in (f"student_{number:05}" for number in range(size)):
        if draw.random() < 0.1:
            continue
        failing = {task.name: draw.choice(causes) for task in course.tasks if draw.random() < 0.5}
        hours = sorted((120 * draw.random() ** 3 for _ in range(tries)), reverse=True)
        for hour in hours:
            files = {
                name: text.format(course.tasks[0].name, draw.random()).encode()
                for name in course.handin.files
            }
            when = exercise.closes - timedelta(hours=hour)
            one = archive.take(student, files, when, f"{student} {hour}")
            judgement = _judgement(course, failing)
            judged.append(JudgedHandin.of(one.number, student, "", judgement, {}))
            failing = {task: cause for task, cause in failing.items() if draw.random() < 0.6}
        record = Record(
            student,
            when.astimezone().replace(tzinfo=None),
            frozenset(exercise.notebooks),
            judgement,
            "k" * 64,
            "nothing",
            {},
            {"took": draw.random()},
        )
        gradebook.record(record)
    gradebook.judged.keep(judged)
    gradebook.close()


def _judgement(course: Course, failing: dict[str, str]) -> Judgement:
    verdicts = {
        task.name: TaskVerdict(
            task.name,
            0.0 if task.name in failing else float(task.points),
            task.points,
            task.name not in failing,
            "What was found, in a sentence of about this length, with a number or two.",
            failing.get(task.name),
            "What to try next, in a sentence or two." if task.name in failing else "",
            "As the notebook prints it: " + "a few lines of words and numbers. " * 5,
        )
        for task in course.tasks
    }
    return Judgement(verdicts, course.exercise.pass_mark, "landlock", 1)


def seconds(original: Course, folder: Path, size: int) -> tuple[float, float]:
    """What a report on a class of `size` takes, from the command to its end; and of the CPU."""
    course = classes.make_course(original, folder)
    fill(original, course, size)
    begun, cpu = time.monotonic(), _cpu_of_children()
    course_command(course, "report")
    taken = time.monotonic() - begun, _cpu_of_children() - cpu
    found = json.loads((course.root / "report" / "report.json").read_text(encoding="utf-8"))
    assert sum(one["handins"] > 0 for one in found["students"]) > size / 2
    return taken


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def rows(quick: bool = False) -> list[dict]:
    """The row of this file."""
    original = manifest.load(ROOT)
    with tempfile.TemporaryDirectory(prefix="i2dl-benchmark-") as folder:
        size = QUICK if quick else SIZE
        taken = seconds(original, Path(folder) / "many", size)
        if quick:
            few = seconds(original, Path(folder) / "few", FEW)
            wall, cpu = (
                start + (end - start) / (size - FEW) * (SIZE - FEW)
                for start, end in zip(few, taken, strict=True)
            )
        else:
            wall, cpu = taken
    name = f"report on a class of {SIZE:,}, {TRIES} hand-ins each"
    return [
        {
            "name": name + what + (" (extrapolated)" if quick else ""),
            "value": round(value, 1),
            "target": "≤ 5",
            "reached": value <= 5,
        }
        for what, value in ((", s", wall), (", s of the CPU", cpu))
    ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a smaller class, extrapolated")
    for row in rows(parser.parse_args().quick):
        show(row)
