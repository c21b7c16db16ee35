"""`course export`: the grades, as a learning platform reads them."""

from __future__ import annotations

import argparse
from pathlib import Path

from i2dl_course import manifest
from i2dl_course.reporting.grade_sheets import PLATFORMS

HELP = "write the grades as Canvas, Moodle or a spreadsheet reads them"


def arguments(parser: argparse.ArgumentParser) -> None:
    """For which platform, and where to."""
    parser.add_argument(
        "--for", dest="platform", choices=PLATFORMS, required=True, help="who is to read them"
    )
    parser.add_argument(
        "--to", type=Path, metavar="FILE", default=Path("grades.csv"), help="(%(default)s)"
    )
    parser.add_argument(
        "--column",
        metavar="NAME",
        default="",
        help="what the platform calls the exercise, by default its title; of one that is in Canvas "
        "with its number, such as 'Exercise 5 (12345)'",
    )


def run(args: argparse.Namespace) -> int:
    """Export; 1 when some who have handed in have no grade."""
    from i2dl_course.nbgrader_side.export import export
    from i2dl_course.records.settings import Settings

    course = manifest.load()
    results = export(course, Settings(course), args.platform, args.to, args.column)
    without = [one.student for one in results.students if not one.graded]
    waiting = [one.student for one in results.students if one.handed_in and not one.graded]
    print(f"{args.to}: {len(results.graded)} grades, {len(without)} students without one.")
    if waiting:
        print(
            f"Handed in and not graded: {', '.join(waiting)}; grade them by `course grade "
            f"{course.exercise.name}`."
        )
    return 1 if waiting else 0
