"""How long does it take from a clone to the first graded class, and how many commands?

    .venv/bin/python -m benchmarks.first_class

The commands are those at the head of docs/instructors.md, given in a fresh clone of this repository
in which the zips of a class of thirty lie ready. Setting up asks a package registry.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import classes
from benchmarks.showing import show
from i2dl_course import manifest
from i2dl_course.manifest import Course

ROOT = Path(__file__).resolve().parents[1]
STUDENTS = 30
MINUTES, COMMANDS = 10, 6


def commands() -> list[str]:
    """Those at the head of the page, with the clone."""
    text = (ROOT / "docs" / "instructors.md").read_text(encoding="utf-8")
    head = re.search(r"^```console\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    assert head
    return [line.partition(" #")[0].strip() for line in head[1].splitlines()]


def zips(course: Course, work: Path) -> Path:
    """A folder with the zips of a class."""
    scratch = classes.make_course(course, work / "scratch")
    folder = work / "zips"
    folder.mkdir()
    for student in classes.hand_in(course, scratch, STUDENTS):
        handin = scratch.root / "submitted" / student / course.exercise.name
        name = student.replace("_", "")  # a student's name ends at the first _ of a zip's
        shutil.make_archive(str(folder / f"{name}_{course.exercise.name}"), "zip", handin)
    shutil.rmtree(scratch.root)
    return folder


def rows(quick: bool = False) -> list[dict]:
    """The rows of this file; it is quick as it is."""
    with tempfile.TemporaryDirectory(prefix="i2dl-benchmark-") as folder:
        work = Path(folder)
        ready = zips(manifest.load(ROOT), work)
        clone, lines, begun = work / "exercise", commands(), time.monotonic()
        for line in lines:
            command = re.sub(r"(?<=git clone )\S+", str(ROOT), line)
            command = command.replace("~/Downloads", str(ready))
            at = time.monotonic()
            done = subprocess.run(
                ["sh", "-c", command],
                cwd=work if line.startswith("git clone") else clone,
                stdout=subprocess.DEVNULL,
                check=False,
            )
            if done.returncode > 1:  # 1: all is done, and some of these have nothing to grade
                done.check_returncode()
            print(f"{time.monotonic() - at:7.1f} s  {line}", file=sys.stderr)
        minutes = (time.monotonic() - begun) / 60
        graded = len({page.parents[1].name for page in clone.glob("feedback/*/*/*.html")})
    return [
        {
            "name": "students with a page of feedback",
            "value": graded,
            "target": f"{STUDENTS}",
            "reached": graded == STUDENTS,
        },
        {
            "name": f"minutes from the clone to {STUDENTS} graded hand-ins",
            "value": round(minutes, 1),
            "target": f"≤ {MINUTES}",
            "reached": minutes <= MINUTES,
        },
        {
            "name": "commands for it",
            "value": len(lines),
            "target": f"≤ {COMMANDS}",
            "reached": len(lines) <= COMMANDS,
        },
    ]


if __name__ == "__main__":
    for row in rows():
        show(row)
