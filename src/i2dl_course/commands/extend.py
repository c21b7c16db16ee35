"""`course extend`: more time for one student, by nbgrader's own extension, with its reason."""

from __future__ import annotations

import argparse
import csv
import sys
from typing import TYPE_CHECKING

from i2dl_course import manifest
from i2dl_course.errors import CourseError
from i2dl_course.handins.student_names import require_student_name
from i2dl_course.manifest import Course
from i2dl_course.receiving import rules

if TYPE_CHECKING:
    from i2dl_course.records.extensions import Extension, Extensions

HELP = "give a student more time, or list and withdraw what was given"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Whom, until when and why; or what was given."""
    parser.add_argument("student", metavar="STUDENT", nargs="?", help="who gets more time")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "--until",
        metavar="TIME",
        help="such as '2020-05-29 23:59', by the clock of the course; its minute counts in full",
    )
    what.add_argument("--withdraw", action="store_true", help="take the extension back")
    what.add_argument("--list", action="store_true", help="list all extensions")
    parser.add_argument("--because", metavar="REASON", default="", help="for the record")
    parser.add_argument("--csv", action="store_true", help="with --list: as CSV")


def run(args: argparse.Namespace) -> int:
    """Grant, withdraw or list."""
    from i2dl_course.records.extensions import Extensions
    from i2dl_course.records.settings import Settings

    if args.list == bool(args.student):
        raise CourseError(
            "--list lists everybody's; leave the student out."
            if args.list
            else "Say who: course extend STUDENT --until TIME."
        )
    course = manifest.load()
    extensions = Extensions(Settings(course).db_url, course.id, course.exercise.name)
    try:
        if args.list:
            _list(extensions.all(), course, args.csv)
        else:
            require_student_name(args.student)
            _change(args, extensions, course)
    finally:
        extensions.close()
    return 0


def _change(args: argparse.Namespace, extensions: Extensions, course: Course) -> None:
    exercise = course.exercise
    if args.withdraw:
        extensions.withdraw(args.student)
        print(
            f"{args.student} has until {rules.local(exercise, rules.end(exercise))}, as everybody."
        )
    else:
        extra = rules.extension_until(exercise, args.until)
        extensions.grant(args.student, extra, args.because)
        print(f"{args.student} has until {rules.local(exercise, rules.end(exercise, extra))}.")
    print(f"`course grade {exercise.name}` and nbgrader's commands grade by it from now on.")


def _list(found: list[Extension], course: Course, as_csv: bool) -> None:
    rows = [
        (
            one.student,
            rules.local(course.exercise, rules.end(course.exercise, one.extra)),
            f"{one.granted:%Y-%m-%d %H:%M} UTC" if one.granted else "",
            one.because,
        )
        for one in found
    ]
    if as_csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(("student", "until", "granted", "because"))
        writer.writerows(map(_no_formula, row) for row in rows)
        return
    for student, until, granted, because in rows:
        told = f"{student} until {until}"
        told += f", granted {granted}" if granted else ", granted by nbgrader's own means"
        print(f"{told}{f': {because}' if because else ''}")
    if not rows:
        print("Nobody has an extension.")


def _no_formula(text: str) -> str:
    """`text` as a cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t") else text
