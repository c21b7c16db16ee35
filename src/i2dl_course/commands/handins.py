"""`course handins`: every hand-in that was received, with its points, and which one counts."""

from __future__ import annotations

import argparse

from rich.console import Console
from rich.table import Table

from i2dl_course import manifest
from i2dl_course.errors import CourseError
from i2dl_course.receiving import rules
from i2dl_course.receiving.archive import Archive

HELP = "list every hand-in that was received, with its points, and which one counts"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Whose, and whether their receipts."""
    parser.add_argument("student", metavar="STUDENT", nargs="?", help="only this student's")
    parser.add_argument(
        "--receipts", action="store_true", help="print their receipts, one a line, nothing else"
    )


def run(args: argparse.Namespace) -> int:
    """List them in the order of receipt."""
    course = manifest.load()
    archive = Archive(course)
    found = archive.of(args.student) if args.student else archive.all()
    if not found:
        whose = f" of {args.student}" if args.student else ""
        raise CourseError(f"There is no hand-in{whose} in {archive.folder}; collect first.")
    if args.receipts:
        for one in found:
            print(one.receipt.line())
        return 0

    from i2dl_course.records import counting
    from i2dl_course.records.gradebook import CourseGradebook
    from i2dl_course.records.settings import Settings

    settings = Settings(course)
    gradebook = CourseGradebook(settings, course)
    try:
        known, verdicts = gradebook.known(), gradebook.verdicts()
        scores = {number: one.score for number, one in gradebook.judged.known().items()}
    finally:
        gradebook.close()
    table = Table(box=None, pad_edge=False)
    for heading in ("no.", "student", "received", "when", "points", ""):
        table.add_column(heading, justify="right" if heading in ("no.", "points") else "left")
    lying = {
        student: counting.lying(settings.submitted(student))
        for student in {one.student for one in found}
    }
    for one in found:
        extension = known[one.student].extension if one.student in known else None
        counts = lying[one.student] == one.number
        if counts and one.student in verdicts:
            scores.setdefault(one.number, verdicts[one.student]["score"])
        table.add_row(
            str(one.number),
            one.student,
            rules.local(course.exercise, one.time) if one.time else "unknown",
            rules.timing(course.exercise, one.time, extension).value,
            f"{scores[one.number]:g}" if one.number in scores else "–",
            "counts" if counts else "",
        )
    Console(highlight=False, markup=False).print(table)
    return 0
