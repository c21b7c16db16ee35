"""`course demo`: grade a class of sample hand-ins by the real nbgrader commands, and check it."""

from __future__ import annotations

import argparse
import shutil
import sys
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from i2dl_course import manifest, sandbox
from i2dl_course.analysis.results import ClassResults
from i2dl_course.commands import options, report
from i2dl_course.commands.publish import checked_tree
from i2dl_course.commands.stages import Stages
from i2dl_course.commands.tables import class_table
from i2dl_course.errors import CourseError
from i2dl_course.publishing import folder
from i2dl_course.publishing.change import Allowed
from i2dl_course.samples import demo

HELP = "grade a class of sample hand-ins by the real nbgrader commands, and check every outcome"
STUDENTS = "student_tree"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Where the results go, and how many processes share the work."""
    parser.add_argument(
        "--keep",
        type=Path,
        metavar="DIR",
        help="put the results here, not in ./demo, with the whole scratch course",
    )
    parser.add_argument(
        "--jobs",
        type=options.number_of_jobs,
        default=demo.cores(),
        metavar="N",
        help="how many processes at once (%(default)s)",
    )


def run(args: argparse.Namespace) -> int:
    """Run the demo; 1 when a persona does not get what it must."""
    course = manifest.load()
    place = (args.keep or course.root / "demo").resolve()
    _make_room(place)
    console = Console()
    with sandbox.ScratchFolder("demo") as own, sandbox.ScratchFolder("demo-commands") as temporary:
        temporary.chmod(0o711)  # as root, a sandbox's user must be able to reach its folder in here
        scratch = place / "scratch" if args.keep else own
        scratch.mkdir(exist_ok=True)
        try:
            graded = demo.run(course, scratch, temporary, Stages(console), args.jobs)
        except CourseError:
            log = scratch / "nbgrader.log"
            if log.is_file():
                shutil.copy(log, place / log.name)
            raise
        page = _leave(graded, place)
    students = place / STUDENTS
    tree = checked_tree(course)
    folder.write(students, tree, folder.change_in(students, tree, Allowed()))
    class_table(graded.results.values(), course.tasks, console)
    surprises = graded.surprises()
    for line in surprises:
        print(f"course: {line}", file=sys.stderr)
    if surprises:
        print(
            f"course: {len(surprises)} outcomes are not what the personas expect.", file=sys.stderr
        )
    else:
        console.print("Every persona got what it must.")
    answer = graded.at_the_door
    console.print(
        f"At the door: {answer.score:g} of {answer.max_score:g} points, {answer.seconds:.1f} s "
        "after a hand-in over HTTP.",
        highlight=False,
    )
    console.print(f"Report: {page}", soft_wrap=True, highlight=False)
    console.print(f"What students get: {students}", soft_wrap=True, highlight=False)
    return 1 if surprises else 0


def _make_room(place: Path) -> None:
    """An empty folder at `place`. Raises CourseError rather than remove what is not an old demo."""
    if place.is_dir() and any(place.iterdir()):
        if not (place / report.PAGE).is_file() and not (place / "nbgrader.log").is_file():
            raise CourseError(
                f"{place} is not empty and holds no earlier demo; give an empty or a new folder."
            )
        shutil.rmtree(place)
    elif place.exists() and not place.is_dir():
        raise CourseError(f"{place} is a file; give a folder.")
    place.mkdir(parents=True, exist_ok=True)


def _leave(graded: demo.Demo, place: Path) -> Path:
    """Put the report, the feedback that it links to and nbgrader's log into `place`."""
    pages = {}
    for student in graded.results:
        for page in graded.feedback(student):
            pages[student] = place / "feedback" / student / page.name
            pages[student].parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(page, pages[student])
    shutil.copy(graded.course.root.parent / "nbgrader.log", place / "nbgrader.log")
    results, code_of = report.read(graded.course)
    students = (replace(one, page=pages.get(one.student)) for one in results.students)
    report.write(ClassResults(results.course, tuple(students)), code_of, place, graded.times)
    return place / report.PAGE
