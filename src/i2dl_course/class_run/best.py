"""Before a class run: of several hand-ins of a student, the best in time is put into submitted/.

Each that is in time is judged, its verdict alone, and once for the same course and grader. A class
in which everybody has handed in once costs no judgement here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from i2dl_course.class_run import fingerprint
from i2dl_course.class_run.course_kit import CourseKit
from i2dl_course.class_run.grading_process import Engine, Job, Setup
from i2dl_course.handins.failure import CommonFault, Failures
from i2dl_course.handins.opening import HandIn
from i2dl_course.manifest import Course
from i2dl_course.receiving.archive import Archive, Received
from i2dl_course.records import counting
from i2dl_course.records.gradebook import CourseGradebook, Known
from i2dl_course.records.judged import JudgedHandin
from i2dl_course.records.settings import Settings
from i2dl_course.verdicts import Judgement

_KEPT_AT_ONCE = 100  # verdicts in one transaction


@dataclass(frozen=True)
class Several:
    """The hand-ins of one student who has several, and how much longer than others there was."""

    handins: list[Received]
    extension: timedelta

    def in_time(self, course: Course) -> list[Received]:
        """Those that may count."""
        return counting.in_time(course, self.handins, self.extension)


class BestHandins:
    """Chooses among the hand-ins of the archive; `force` judges what was judged before, too.

    `failed` are sentences about hand-ins that could not be judged, by student and number.
    """

    def __init__(
        self,
        course: Course,
        settings: Settings,
        gradebook: CourseGradebook,
        kit: CourseKit,
        setup: Setup,
        force: bool = False,
    ):
        self.failed = Failures()
        self.archive = Archive(course)
        self._course = course
        self._settings = settings
        self._gradebook = gradebook
        self._circumstances = fingerprint.circumstances(kit.digest, setup.level, setup.seconds)
        self._force = force

    def choose(self, students: Iterable[str], engine: Engine, seed: int) -> dict[str, str]:
        """Have the best hand-in of each of `students` lie in submitted/.

        Returns a sentence for each student whose folder a person has changed, which stays.
        """
        told = {}
        several = self.several(students)
        scores = self._scores(several, engine, seed)
        for name, theirs in several.items():
            with self.failed.of(name, "the best hand-in could not be put in its place"):
                sentence = counting.settle(
                    self._course,
                    self.archive,
                    theirs.handins,
                    theirs.extension,
                    scores,
                    self._settings.submitted(name),
                    self._settings.shared,
                )
                if sentence:
                    told[name] = sentence
        return told

    def several(self, students: Iterable[str]) -> dict[str, Several]:
        """Those of `students` who have handed in more than once."""
        numbers = self.archive.numbers()
        names = [name for name in students if len(numbers.get(name, ())) > 1]
        known = self._gradebook.known() if names else {}
        return {
            name: Several(self.archive.of(name), known.get(name, Known()).extension)
            for name in names
        }

    def _scores(
        self, several: Mapping[str, Several], engine: Engine, seed: int
    ) -> dict[int, float]:
        """The points of all that are in time, by number; those judged anew are kept."""
        scores: dict[int, float] = {}
        new: list[JudgedHandin] = []
        for one, is_new in self.judged(several, engine, seed):
            scores[one.number] = one.score
            if is_new:
                new.append(one)
            if len(new) == _KEPT_AT_ONCE:
                self._gradebook.judged.keep(new)
                new.clear()
        self._gradebook.judged.keep(new)
        return scores

    def judged(
        self, several: Mapping[str, Several], engine: Engine, seed: int
    ) -> Iterator[tuple[JudgedHandin, bool]]:
        """The verdicts on all that are in time, and whether each was reached just now."""
        waiting: dict[str, Received] = {}
        for name, theirs in several.items():
            for one in theirs.in_time(self._course):
                if known := self._known(one):
                    yield known, False
                else:
                    waiting[f"{name}#{one.number}"] = one
        for result in engine.results(self._jobs(waiting, seed)) if waiting else ():
            if result.assessment is None:
                if result.common:
                    raise CommonFault(f"No hand-in can be graded: {result.problem}")
                self.failed[result.student] = result.problem
                continue
            new = self.as_judged(waiting[result.student], result.assessment.judgement)
            self._rows[new.number] = new
            yield new, True

    def verdict_on(self, student: str, handin: HandIn) -> Judgement | None:
        """The verdict that is known of `handin`, as it lies in submitted/; for a class run."""
        one = self._lying(student, handin)
        known = self._known(one) if one else None
        return known.judgement if known else None

    def tried_otherwise(self, student: str, handin: HandIn) -> frozenset[str]:
        """The tasks failed with other code than in `handin`, as it lies in submitted/, too."""
        one = self._lying(student, handin)
        if one is None:
            return frozenset()

        def verdict_on(number: int) -> Judgement | None:
            return self._rows[number].judgement if number in self._rows else None

        return counting.tried_otherwise(self._course, self.archive, one, handin.files, verdict_on)

    def _lying(self, student: str, handin: HandIn) -> Received | None:
        """Which hand-in it is that lies in submitted/; None when nothing is known of any."""
        number = counting.lying(self._settings.submitted(student)) if self._rows else None
        one = next((one for one in self.archive.of(student) if one.number == number), None)
        return one if one and counting.holds(handin, one, self._course) else None

    @cached_property
    def _rows(self) -> dict[int, JudgedHandin]:
        return {} if self._force else self._gradebook.judged.known()

    def _known(self, one: Received) -> JudgedHandin | None:
        row = self._rows.get(one.number)
        return row if row and row.key == self.key_of(one) else None

    def key_of(self, one: Received) -> str:
        """Under which the verdicts on a hand-in hold: its files, the course and the grader."""
        return fingerprint.key_of(one.receipt.sha256, self._circumstances)

    def as_judged(self, one: Received, judgement: Judgement) -> JudgedHandin:
        """A verdict that was reached under these circumstances, as it is kept."""
        key = self.key_of(one)
        return JudgedHandin.of(one.number, one.student, key, judgement, self._circumstances)

    def _jobs(self, waiting: Mapping[str, Received], seed: int) -> Iterator[Job]:
        """Verdicts alone are asked for, so no notebook travels; no student's name holds a #."""
        for name, one in waiting.items():
            handin = None
            with self.failed.of(name, "could not be opened"):
                handin = self.archive.open(one).code(self._course)
            if handin:
                yield Job(name, handin, seed, None)
