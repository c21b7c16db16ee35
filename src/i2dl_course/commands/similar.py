"""`course similar`: hand-ins that are alike after names and layout, as a table for a person."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from i2dl_course import manifest
from i2dl_course.class_run.alike import COMMON, Alike, alike
from i2dl_course.commands import options
from i2dl_course.commands.grade import chosen_students, names
from i2dl_course.errors import CourseError
from i2dl_course.handins.opening import open_collected
from i2dl_course.manifest import Course

if TYPE_CHECKING:
    from i2dl_course.records.settings import Settings

HELP = "list hand-ins that are alike after names and layout, for a person to look at"
AT_LEAST = 80


def arguments(parser: argparse.ArgumentParser) -> None:
    """Whose, and how alike."""
    parser.add_argument("--students", type=names, metavar="A,B,…", help="only these")
    parser.add_argument(
        "--at-least",
        type=percent,
        default=AT_LEAST,
        metavar="PERCENT",
        help="how much of both must be the same, of what is not common (%(default)s)",
    )
    parser.add_argument(
        "--common",
        type=number_of_handins,
        default=COMMON,
        metavar="N",
        help="a passage that more hand-ins have is common, and left out (%(default)s)",
    )
    options.sandboxes(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object, nothing else")


def percent(text: str) -> int:
    """The value of --at-least, for argparse."""
    if not text.isdecimal() or not 1 <= int(text) <= 100:
        raise argparse.ArgumentTypeError(f"{text!r} is no share; give a percentage from 1 to 100")
    return int(text)


def number_of_handins(text: str) -> int:
    """The value of --common, for argparse."""
    if not text.isdecimal() or not 2 <= int(text) <= 100_000:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of hand-ins; give 2 or more")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """Compare what lies in submitted/; 1 when some of it could not be compared."""
    from i2dl_course.records.settings import Settings

    course = manifest.load()
    settings = Settings(course)
    students = chosen_students(args.students, settings.students(), course)
    if len(students) < 2:
        raise CourseError("There are no two hand-ins in submitted/ to compare; collect first.")
    released = {
        name: path.read_bytes()
        for name in course.handin.files
        if (path := course.release_dir / name).is_file()
    }
    handins = {student: partial(_files, course, settings, student) for student in students}
    found = alike(handins, released, args.at_least / 100, args.common, args.sandbox)
    if args.json:
        print(json.dumps(_as_json(found), ensure_ascii=False))
    else:
        _tell(found, args.at_least, Console(highlight=False, markup=False))
    return 1 if found.left_out else 0


def _files(course: Course, settings: Settings, student: str) -> dict[str, bytes]:
    """What a student has written, without the notebook."""
    return open_collected(settings.submitted(student), course).code(course).files


def _as_json(found: Alike) -> dict:
    return {
        "compared": found.compared,
        "pairs": [asdict(pair) for pair in found.pairs],
        "left_out": found.left_out,
    }


def _tell(found: Alike, at_least: int, console: Console) -> None:
    if found.pairs:
        table = Table(box=None, pad_edge=False)
        for heading in ("student", "and", "tokens alike", "of the first", "of the second"):
            table.add_column(heading, justify="left" if heading in ("student", "and") else "right")
        for pair in found.pairs:
            shares = (f"{100 * share:.0f} %" for share in (pair.of_first, pair.of_second))
            table.add_row(pair.first, pair.second, str(pair.shared), *shares)
        console.print(table)
    console.print(
        f"{found.compared} hand-ins compared, {len(found.pairs)} pairs alike in {at_least} % or "
        "more of what was not handed out and is not common.",
        soft_wrap=True,
    )
    if found.pairs:
        console.print(
            "This is a list to look at, and no verdict: short functions have few right forms, and "
            "who is alike may have learnt together. Read both before you ask anybody.",
            soft_wrap=True,
        )
    for student, sentence in found.left_out.items():
        console.print(f"Not compared: {student}: {sentence}", soft_wrap=True)
