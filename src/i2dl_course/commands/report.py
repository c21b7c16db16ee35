"""`course report`: the class at a glance, as a page and as tables."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping
from pathlib import Path

from i2dl_course import manifest
from i2dl_course.analysis.misconceptions import Example
from i2dl_course.analysis.results import ClassResults
from i2dl_course.errors import CourseError
from i2dl_course.manifest import Course
from i2dl_course.package import meanings_of
from i2dl_course.receiving.archive import Archive

HELP = "the class at a glance: points, checks, misconceptions; a page, CSV and JSON"
REPORT, PAGE = "report", "report.html"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Where to."""
    parser.add_argument(
        "--to",
        type=Path,
        metavar="FOLDER",
        help=f"where page and tables go; by default {REPORT}/ of the course",
    )
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object, and write nothing"
    )


def run(args: argparse.Namespace) -> int:
    """Write the report; 1 when some who have handed in have no grade."""
    course = manifest.load()
    results, code_of = read(course)
    if not any(one.handed_in for one in results.students):
        raise CourseError("Nobody has handed in yet, so there is nothing to report.")
    if args.json:
        from i2dl_course.reporting.class_tables import as_json

        print(json.dumps(as_json(results, meanings_of(course)), ensure_ascii=False))
    else:
        place = _place(args.to, course)
        write(results, code_of, place)
    handed_in = sum(one.handed_in for one in results.students)
    waiting = handed_in - len(results.graded)
    if not args.json:
        _tell(results, handed_in, waiting)
        print(f"Report: {place / PAGE}")
    return 1 if waiting else 0


def read(course: Course) -> tuple[ClassResults, Callable[[Example], str]]:
    """What came of the class, and how to get at the text of the file that an example is about."""
    from i2dl_course.records.class_results import class_results, file_of
    from i2dl_course.records.gradebook import CourseGradebook
    from i2dl_course.records.settings import Settings

    settings, archive = Settings(course), Archive(course)
    gradebook = CourseGradebook(settings, course)
    try:
        results = class_results(course, settings, gradebook, archive)
    finally:
        gradebook.close()

    def code_of(example: Example) -> str:
        name = course.tasks_by_name[example.verdict.name].file
        return file_of(archive, settings, example.student, example.attempt, name)

    return results, code_of


def write(
    results: ClassResults,
    code_of: Callable[[Example], str],
    place: Path,
    times: Mapping[str, float] | None = None,
) -> None:
    """Put page and tables into the folder `place`; `times` are the seconds of a run's stages."""
    from i2dl_course.reporting import class_tables  # with Matplotlib, for which others should
    from i2dl_course.reporting.class_page import class_page  # not have to wait

    meanings = meanings_of(results.course)
    files = {
        PAGE: class_page(results, meanings, code_of, place, times),
        **class_tables.files(results, meanings),
    }
    for name, text in files.items():
        (place / name).write_text(text, encoding="utf-8", newline="")


def _tell(results: ClassResults, handed_in: int, waiting: int) -> None:
    bonuses = sum(map(results.has_bonus, results.graded))
    print(
        f"{handed_in} of {len(results.students)} students have handed in, {bonuses} receive the "
        "bonus."
    )
    if waiting:
        exercise = results.course.exercise.name
        print(f"{waiting} have no grade yet; grade them by `course grade {exercise}`.")


def _place(to: Path | None, course: Course) -> Path:
    """The folder, for the eyes of those alone who may see the course. Raises CourseError."""
    place = (to or course.root / REPORT).resolve()
    if place.exists() and not place.is_dir():
        raise CourseError(f"{place} is a file; give a folder.")
    if not place.exists():
        place.mkdir(parents=True)
        place.chmod(0o2770 if course.root.stat().st_mode & 0o020 else 0o700)
    return place
