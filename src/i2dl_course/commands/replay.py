"""`course replay`: repeat recorded verdicts from their seeds, and compare them byte for byte."""

from __future__ import annotations

import argparse
import json
import platform
from typing import Any

from i2dl_course import manifest
from i2dl_course.class_run import course_kit, fingerprint
from i2dl_course.commands.grade import chosen_students, names, require_exercise
from i2dl_course.errors import CourseError
from i2dl_course.handins.failure import Failures
from i2dl_course.handins.opening import open_collected
from i2dl_course.judging.assessment import Execute
from i2dl_course.judging.assessor import Assessor

HELP = "repeat recorded verdicts from their seeds, byte for byte"


def arguments(parser: argparse.ArgumentParser) -> None:
    """The exercise, and whose verdicts."""
    parser.add_argument("exercise", metavar="EXERCISE", help="its name in course.toml")
    parser.add_argument("--students", type=names, metavar="A,B,…", help="only these")


def run(args: argparse.Namespace) -> int:
    """Repeat; 0 when every verdict is the same, 1 when one is not or cannot be repeated."""
    from i2dl_course.records.gradebook import CourseGradebook
    from i2dl_course.records.settings import Settings

    course = manifest.load()
    require_exercise(args.exercise, course)
    settings = Settings(course)
    gradebook = CourseGradebook(settings, course)
    try:
        recorded = gradebook.verdicts()
    finally:
        gradebook.close()
    students = chosen_students(args.students, settings.students(), course)
    failures, repeated, elsewhere = Failures(), 0, set()
    kit = course_kit.pack(course).digest
    assessors: dict[tuple[str, float], Assessor] = {}
    try:
        for student in students:
            with failures.of(student, "could not be repeated"):
                found = recorded.get(student, {})
                made = _made(found, kit)
                handin = open_collected(settings.submitted(student), course)
                if fingerprint.content_of(handin) != made["content"]:
                    raise CourseError("what lies in submitted/ is not what the verdict is about.")
                which = found["sandbox"], made["seconds"]
                if which not in assessors:
                    assessors[which] = Assessor(course, which[0], Execute.NOTHING, which[1])
                again = assessors[which].judge(handin.code(course), found["seed"])
                if _bytes(again.as_json()) != _bytes(found):
                    raise CourseError(f"another verdict: {again.score:g} points.")
                repeated += 1
                if made["versions"] != fingerprint.versions():
                    elsewhere.add(made["versions"]["python"])
    finally:
        for assessor in assessors.values():
            assessor.close()
    print(f"{repeated} of {len(students)} verdicts are the same when repeated, byte for byte.")
    if elsewhere:
        print(
            f"Some were reached with other versions: Python {', '.join(sorted(elsewhere))}; "
            f"here is {platform.python_version()}."
        )
    for student, sentence in failures.items():
        print(f"Not repeated: {student}: {sentence}")
    return 1 if failures else 0


def _made(found: dict[str, Any], kit: str) -> dict[str, Any]:
    """How a recorded verdict was reached. Raises CourseError when it cannot be repeated here."""
    if "made" not in found:
        raise CourseError("there is no verdict of `course grade` in the gradebook.")
    made = found["made"]
    if made["kit"] != kit:
        raise CourseError(
            f"the verdict was reached with another state of the course (kit {made['kit'][:12]}, "
            f"here {kit[:12]}); check that one out."
        )
    return made


def _bytes(found: dict[str, Any]) -> bytes:
    """A verdict as `course judge --json` prints it, without what was noted beside it."""
    bare = {key: value for key, value in found.items() if key != "made"}
    bare["tasks"] = [
        {key: value for key, value in task.items() if key != "recorded"} for task in bare["tasks"]
    ]
    return json.dumps(bare, sort_keys=True).encode()
