"""`course show`: one student, from the hand-ins to the points, for whoever is asked about them."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from i2dl_course import manifest
from i2dl_course.commands.tables import mark
from i2dl_course.errors import CourseError
from i2dl_course.handins.plain_text import plain
from i2dl_course.handins.student_names import require_student_name
from i2dl_course.manifest import Course
from i2dl_course.receiving import rules
from i2dl_course.receiving.archive import Archive
from i2dl_course.reporting.outcome import number

if TYPE_CHECKING:
    from i2dl_course.analysis.results import StudentResult, Try
    from i2dl_course.records.gradebook import Known

HELP = "show one student: points, verdicts, hand-ins, receipts, and where the files are"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Whom."""
    parser.add_argument("student", metavar="STUDENT", help="by the name that the gradebook has")


def run(args: argparse.Namespace) -> int:
    """Print what gradebook, archive and folders know of the student."""
    from i2dl_course.records import counting
    from i2dl_course.records.class_results import class_results
    from i2dl_course.records.gradebook import CourseGradebook, Known
    from i2dl_course.records.settings import Settings

    name = args.student
    require_student_name(name)
    course = manifest.load()
    settings, archive = Settings(course), Archive(course)
    gradebook = CourseGradebook(settings, course)
    try:
        everybody = class_results(course, settings, gradebook, archive).students
        known = gradebook.known([name]).get(name, Known())
    finally:
        gradebook.close()
    results = {one.student: one for one in everybody}
    if name not in results:
        near = ", ".join(get_close_matches(name, results))
        raise CourseError(
            f"Neither the gradebook nor submitted/ nor the archive knows {name}"
            f"{f'; is it {near}' if near else ''}."
        )
    shown = _Student(
        course,
        results[name],
        known,
        counting.lying(settings.submitted(name)),
        Console(highlight=False, markup=False),
    )
    shown.points()
    shown.tasks()
    shown.handins({one.number: one.receipt.sha256 for one in archive.of(name)})
    shown.files([settings.submitted(name), settings.autograded(name), settings.feedback(name)])
    return 0


class _Student:
    """One student, printed part by part; `counts` is the number of the hand-in that is graded."""

    def __init__(
        self,
        course: Course,
        result: StudentResult,
        known: Known,
        counts: int | None,
        console: Console,
    ):
        self._course = course
        self._result = result
        self._known = known
        self._counts = counts
        self._console = console

    def points(self) -> None:
        """What counts, and what lateness or an extension has to do with it."""
        result, exercise = self._result, self._course.exercise
        if result.graded:
            bonus = "bonus" if result.total >= exercise.pass_mark else "no bonus"
            self._say(
                f"{result.student}: {number(result.total)} of {self._course.total_points} points, "
                f"{bonus} (from {exercise.pass_mark}).",
                style="bold",
            )
        else:
            self._say(f"{result.student}: nothing is graded.", style="bold")
        if result.late:
            self._say(
                f"Late: {number(result.penalty)} of {number(result.earned)} points are taken off."
            )
        if self._known.extension:
            until = rules.local(exercise, rules.end(exercise, self._known.extension))
            self._say(f"Has more time than others: until {until}.")

    def tasks(self) -> None:
        """The verdicts on the hand-in that counts, and what a person has made of them."""
        tries = self._result.tries
        graded = next((one for one in tries if one.number == self._counts), None)
        verdicts = {one.name: one for one in (graded.verdicts if graded else ())}
        if not self._result.graded:
            return
        self._say("\nTasks", style="bold")
        for task in self._course.tasks:
            points = self._result.points[task.name] + self._known.extra.get(task.name, 0.0)
            line = Text(f"{task.name}, {number(points)}/{task.points} points: ")
            self._console.print(line.append_text(mark(points >= task.points)))
            verdict = verdicts.get(task.name)
            if verdict and verdict.cause:
                self._say(f"{verdict.cause}: {verdict.says}", within=1)
            if task.name in self._known.manual or task.name in self._known.extra:
                judged = self._known.automatic.get(task.name)
                check = "nothing" if judged is None else f"{number(judged)} points"
                self._say(f"given by a person; the check gave {check}", within=1)
            if task.name in self._known.comments:
                self._say(f"comment: {self._known.comments[task.name]}", within=1)

    def handins(self, digests: dict[int, str]) -> None:
        """Each hand-in with its time, its points, what was wrong with it, and its receipt."""
        self._say("\nHand-ins", style="bold")
        if not self._result.tries:
            self._say("none")
        for one in self._result.tries:
            self._say(self._told(one))
            wrong = [f"{each.name} ({each.cause})" for each in one.verdicts if not each.passed]
            if wrong:
                self._say(f"wrong: {', '.join(wrong)}", within=1)
            if one.number in digests:
                self._say(f"receipt {one.number}, files {digests[one.number][:16]}…", within=1)

    def _told(self, one: Try) -> str:
        exercise = self._course.exercise
        told = [f"no. {one.number}" if one.number else "put there by hand"]
        told.append(rules.local(exercise, one.received) if one.received else "at an unknown time")
        told.append(rules.timing(exercise, one.received, self._known.extension).value)
        if one.verdicts:
            told.append(f"{number(sum(each.points for each in one.verdicts))} points")
        if one.number == self._counts:
            told.append("counts")
        return ", ".join(told)

    def files(self, places: Sequence[Path]) -> None:
        """Where there is something of the student's."""
        there = [place for place in places if place.is_dir()]
        if there:
            self._say("\nFiles", style="bold")
        for place in there:
            self._say(os.path.relpath(place), within=1)
        if self._result.tries and self._result.tries[0].number:
            self._say(f"All receipts: course handins {self._result.student} --receipts")

    def _say(self, text: str, within: int = 0, style: str = "") -> None:
        shown = Text(plain(text, keep="\n"), style=style, overflow="fold")
        self._console.print(Padding(shown, (0, 0, 0, 2 * within), expand=False))
