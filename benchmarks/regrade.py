"""How long does a preview of a regrade take, and does it say what then happens?

    .venv/bin/python -m benchmarks.regrade [--quick]

An invented class (classes.py) is graded, by its verdicts only; then two checks are changed so that
some students lose points and others gain some. `course regrade --preview` says who would move, and
is timed; `--yes` does it, and so costs each verdict two times more. `--quick` takes a smaller class
and extrapolates.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import classes
from benchmarks.showing import show
from i2dl_course import manifest
from i2dl_course.manifest import Course
from i2dl_course.records.grades import read_grades

ROOT = Path(__file__).resolve().parents[1]
SIZE, FEW, QUICK = 1000, 40, 120
VERDICTS_ONLY = "--verdicts-only"  # notebooks would take ten times as long, and move nobody
# One check passes whatever it is given, and one passes nothing.
CHANGE = """

import dataclasses

from exercise_code.tests.causes import CAUSES
from exercise_code.tests.compare import Wrong


def _nothing(*_):
    raise Wrong(next(iter(CAUSES)), "It is wrong by another check")


for _name, _judge in (("affine_backward", lambda *_: None), ("sigmoid_forward", _nothing)):
    CHECKS[_name] = dataclasses.replace(CHECKS[_name], judge=_judge)
"""


def course_command(course: Course, *arguments: str) -> str:
    """Run it; what it prints on the standard output."""
    command = [str(Path(sys.executable).parent / "course"), *arguments]
    done = subprocess.run(command, cwd=course.root, capture_output=True, text=True, check=True)
    return done.stdout


def totals(course: Course) -> dict[str, float]:
    """What everybody has."""
    return {student: grades.total for student, grades in read_grades(course).items()}


def preview(original: Course, folder: Path, size: int) -> tuple[float, int]:
    """Seconds of a preview of a class of `size`, and for how many it was wrong."""
    course = classes.make_course(original, folder)
    classes.hand_in(original, course, size)
    name = course.exercise.name
    course_command(course, "grade", name, VERDICTS_ONLY)
    before = totals(course)
    with (course.root / "exercise_code" / "tests" / "checks.py").open("a") as file:
        file.write(CHANGE)
    begun = time.monotonic()
    told = json.loads(course_command(course, "regrade", name, VERDICTS_ONLY, "--preview", "--json"))
    seconds = time.monotonic() - begun
    course_command(course, "regrade", name, VERDICTS_ONLY, "--yes", "--seed", told["seed"])
    expected = before | {move["student"]: move["after"] for move in told["moves"]}
    after = totals(course)
    return seconds, sum(after[student] != points for student, points in expected.items())


def rows(quick: bool = False) -> list[dict]:
    """The row of this file."""
    original = manifest.load(ROOT)
    with tempfile.TemporaryDirectory(prefix="i2dl-benchmark-") as folder:
        size = QUICK if quick else SIZE
        seconds, wrong = preview(original, Path(folder) / "many", size)
        if quick:
            start, more = preview(original, Path(folder) / "few", FEW)
            seconds, wrong = start + (seconds - start) / (size - FEW) * (SIZE - FEW), wrong + more
    return [
        {
            "name": f"preview of a regrade of {SIZE:,}, s" + (" (extrapolated)" if quick else ""),
            "value": round(seconds, 1),
            "target": "≤ 60",
            "reached": seconds <= 60,
        },
        {
            "name": "students of whom the preview says what does not happen",
            "value": wrong,
            "target": "0",
            "reached": wrong == 0,
        },
    ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a smaller class, extrapolated")
    for row in rows(parser.parse_args().quick):
        show(row)
