"""`course judge`: judge one student's folder or zip, without any gradebook."""

from __future__ import annotations

import argparse
import json
import sys
import threading
from contextlib import suppress
from pathlib import Path

from i2dl_course import manifest, sandbox
from i2dl_course.commands import options
from i2dl_course.handins.opening import open_handin
from i2dl_course.handins.plain_text import plain
from i2dl_course.judging.sandbox_folder import WorkerFolder
from i2dl_course.manifest import Course
from i2dl_course.package import checks_of

HELP = "judge one student's folder or zip, without a gradebook"


def arguments(parser: argparse.ArgumentParser) -> None:
    """The path, and how the verdict is shown."""
    parser.add_argument(
        "path",
        type=Path,
        metavar="PATH",
        help="an exercise's folder, the folder above it, or a zip",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object, nothing else")
    parser.add_argument(
        "--seed", type=_seed, metavar="N", help="draw the cases from this seed, to repeat a verdict"
    )
    options.seconds(parser)
    parser.add_argument(
        "--sandbox",
        choices=sandbox.CHOICES,
        help="what holds the student's code; by default the best that works here, "
        "and 'none' gives it all your rights over your files",
    )


def _seed(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no seed; give a whole number from 0 on")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """Judge the hand-in at args.path; 0 when it was judged, whatever its score."""
    course = manifest.load()
    handin = open_handin(args.path, course)
    notes = [plain(note) for note in handin.notes()]
    for note in notes:
        print("course:", note, file=sys.stderr)
    importing = threading.Thread(target=_import, args=[course])
    with WorkerFolder(course) as folder:
        # This thread starts the worker, which would end with another one. It needs milliseconds for
        # that; beside the import of NumPy, which lets go of the interpreter rarely, it took thirty.
        begun = sandbox.Begun(args.sandbox, folder.program, folder.path, meanwhile=importing.start)
        with begun as launch:
            importing.join()
            from i2dl_course.judging.referee import judge

            judgement = judge(handin, course, args.seed, args.seconds, launch, folder)
    if args.json:
        print(json.dumps({**judgement.as_json(), "notes": notes}))
    else:
        from rich.console import Console

        from i2dl_course.commands.tables import judgement_table

        judgement_table(judgement, Console())
    return 0


def _import(course: Course) -> None:
    """Import NumPy and all that judges, which takes as long as a worker does to start."""
    with suppress(Exception):  # it is raised again, where it can be told
        from i2dl_course.judging import referee  # noqa: F401

        checks_of(course)
