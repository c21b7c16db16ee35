"""`course prepare`: gradebook, due date and keys of a course, before a class begins."""

from __future__ import annotations

import argparse

from i2dl_course import manifest
from i2dl_course.nbgrader_side.run import command_environment, prepare_gradebook
from i2dl_course.receiving import keys
from i2dl_course.records import database
from i2dl_course.records.grades import due_date
from i2dl_course.records.settings import Settings
from i2dl_course.records.tables import OURS

HELP = "make the release, the gradebook with the due date from course.toml, and the keys"
_FOR_ZIPS = "downloaded/{}/archive"  # where nbgrader zip_collect looks


def arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing to choose: everything stands in course.toml."""


def run(args: argparse.Namespace) -> int:
    """Prepare the course around the working folder."""
    course = manifest.load()
    db_url = Settings(course).db_url
    database.require_sound(db_url, OURS)
    prepare_gradebook(course, command_environment(), db_url=db_url)
    (course.root / _FOR_ZIPS.format(course.exercise.name)).mkdir(parents=True, exist_ok=True)
    print(
        f"{course.exercise.name} is in the gradebook {database.shown(db_url)}, due "
        f"{due_date(course, db_url):%Y-%m-%d %H:%M:%S} UTC ({course.exercise.due_for_nbgrader})."
    )
    print(f"{keys.make(course.root).name} verifies receipts: give it to everybody.")
    print(f"Next: nbgrader release_assignment {course.exercise.name}")
    return 0
