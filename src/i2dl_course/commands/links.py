"""`course links`: personal links for handing in over HTTP."""

from __future__ import annotations

import argparse
import csv
import os
import sys
from pathlib import Path

from i2dl_course import manifest
from i2dl_course.errors import CourseError

HELP = "write, or revoke, the personal links with which students hand in over HTTP"
DAYS = 90


def arguments(parser: argparse.ArgumentParser) -> None:
    """Whose links, for how long, and where they lead."""
    parser.add_argument(
        "students", nargs="*", metavar="STUDENT", help="by default all that the gradebook knows"
    )
    parser.add_argument(
        "--url",
        default="http://127.0.0.1:8505",
        metavar="URL",
        help="where students reach the service (%(default)s)",
    )
    parser.add_argument(
        "--days",
        type=number_of_days,
        default=DAYS,
        metavar="N",
        help="how long a link counts (%(default)s)",
    )
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="a new CSV file, for your eyes only"
    )
    parser.add_argument(
        "--revoke",
        action="store_true",
        help="let all links that these students have count no more, and write none",
    )


def number_of_days(text: str) -> int:
    """The value of --days, for argparse."""
    if not text.isdecimal() or not 1 <= int(text) <= 1000:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of days; give one from 1 to 1000")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """Write a line for each student: name, link."""
    from i2dl_course.records.gradebook import CourseGradebook
    from i2dl_course.records.link_serials import LinkSerials
    from i2dl_course.records.settings import Settings
    from i2dl_course.service.links import PersonalLinks

    course = manifest.load()
    if not args.url.startswith(("http://", "https://")):
        raise CourseError(f"--url {args.url} is no address; give one such as https://ex.uni.org.")
    gradebook = CourseGradebook(Settings(course), course)
    try:
        serials = LinkSerials(gradebook)
        if args.revoke:
            if not args.students:
                raise CourseError("Say whose links are to be revoked.")
            for student in args.students:
                serials.revoke(student)
            print(f"Revoked the links of {', '.join(args.students)}.")
            return 0
        students = args.students or gradebook.students()
        if not students:
            raise CourseError(
                "The gradebook knows no students; name them, or add them by `nbgrader db student "
                "import`."
            )
        links = PersonalLinks(course.root, course.exercise.name, serials)
        rows = [
            (student, f"{args.url.rstrip('/')}/in/{links.token(student, args.days)}")
            for student in students
        ]
    finally:
        gradebook.close()
    _write(rows, args.output)
    return 0


def _write(rows: list[tuple[str, str]], output: Path | None) -> None:
    if output is None:
        csv.writer(sys.stdout, lineterminator="\n").writerows([("student", "link"), *rows])
        return
    try:
        file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise CourseError(f"{output} cannot be written ({error.strerror}).") from None
    with open(file, "w", encoding="utf-8", newline="") as lines:
        csv.writer(lines).writerows([("student", "link"), *rows])
    print(f"{len(rows)} links are in {output}. Who reads one can hand in as that student.")
