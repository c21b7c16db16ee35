"""The class run: every hand-in of an exercise that needs it is graded, and recorded.

Data flows one way: submitted/ -> job -> engine -> result -> folders -> gradebook. A hand-in is
read when an engine has room for it, and only a few results wait to be recorded, so that a class of
any size takes the same memory.
"""

from __future__ import annotations

import secrets
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from i2dl_course.class_run import fingerprint, output_folders
from i2dl_course.class_run.course_kit import CourseKit
from i2dl_course.class_run.grading_process import Engine, Job, JobResult, Setup
from i2dl_course.class_run.look import look_at
from i2dl_course.errors import CourseError
from i2dl_course.handins.failure import CommonFault, Failures
from i2dl_course.handins.opening import HandIn, open_collected
from i2dl_course.handins.storing import SECRET, TIMESTAMP, read_secret
from i2dl_course.judging.assessment import Assessment, Execute
from i2dl_course.manifest import Course
from i2dl_course.records.gradebook import CourseGradebook, Known, Reading, Record
from i2dl_course.records.settings import Settings, read_stamp
from i2dl_course.reporting.outcome import Standing
from i2dl_course.verdicts import Judgement

SLOWEST_SHOWN = 3
_TO_BE_RECORDED = 8  # results in memory at most
_FEW = 100  # students whom the gradebook is asked for by name, and not for the whole class


@dataclass
class RunReport:
    """What a run did, for its summary. `failed` and `notes` are sentences by student.

    `old_grades` are those of `failed` whom the gradebook holds a grade of all the same.
    """

    exercise: str
    seed: int
    total: int = 0
    graded: int = 0
    unchanged: int = 0
    sandboxes: set[str] = field(default_factory=set)
    failed: Failures = field(default_factory=Failures)
    notes: dict[str, str] = field(default_factory=dict)
    old_grades: set[str] = field(default_factory=set)
    slowest: list[tuple[float, str]] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def done(self) -> int:
        return self.graded + self.unchanged + len(self.failed)

    def as_json(self) -> dict:
        """The one object of ``course grade --json``."""
        return {
            "exercise": self.exercise,
            "graded": self.graded,
            "unchanged": self.unchanged,
            "failed": self.failed,
            "notes": self.notes,
            "slowest": [
                {"student": name, "seconds": round(seconds, 3)} for seconds, name in self.slowest
            ],
            "sandbox": sorted(self.sandboxes),
            "seed": str(self.seed),
            "seconds": round(self.seconds, 3),
        }


class JudgedBefore(Protocol):
    """What is known of hand-ins before a run, as they lie in submitted/."""

    def verdict_on(self, student: str, handin: HandIn) -> Judgement | None:
        """The verdict on `handin`, which is not judged again; None when there is none yet."""

    def tried_otherwise(self, student: str, handin: HandIn) -> frozenset[str]:
        """The tasks failed with other code than in `handin`, too."""


class ClassRun:
    """One run over the hand-ins of `students`; `force` grades those without a change, too."""

    def __init__(
        self,
        course: Course,
        settings: Settings,
        gradebook: CourseGradebook,
        kit: CourseKit,
        setup: Setup,
        force: bool = False,
        before: JudgedBefore | None = None,
    ):
        self._course = course
        self._settings = settings
        self._gradebook = gradebook
        self._setup = setup
        self._force = force
        self._before = before
        self._made = fingerprint.circumstances(kit.digest, setup.level, setup.seconds)
        self._pending: dict[str, _Pending] = {}
        self._known: dict[str, Known] = {}
        self._read: dict[str, tuple[str, Reading]] = {}  # by student, with the look of the folder
        self.report = RunReport(course.exercise.name, secrets.randbits(48))

    def run(
        self,
        students: Iterable[str],
        engine: Engine,
        on_progress: Callable[[RunReport], None] = lambda report: None,
    ) -> RunReport:
        """Grade and record; `on_progress` sees the report after every hand-in."""
        students = list(students)
        self.report.total = len(students)
        self._known = self._gradebook.known(students if len(students) <= _FEW else None)
        had = {name for name, known in self._known.items() if known.has_grade}
        if self._setup.execute is not Execute.NOTHING:
            for folder in (self._settings.autograded, self._settings.feedback):
                output_folders.require_writable(folder("anybody").parent.parent)
        begun = time.monotonic()
        # Recording waits for the disk, and nobody who grades should have to wait with it.
        recording_thread = ThreadPoolExecutor(1, "recording")
        recording: deque[Future[None]] = deque()

        def follow(at_most: int) -> None:
            while recording and (recording[0].done() or len(recording) > at_most):
                recording.popleft().result()
                self.report.seconds = time.monotonic() - begun
                on_progress(self.report)

        try:
            for result in engine.results(self._jobs(students, on_progress)):
                recording.append(recording_thread.submit(self._record_result, result))
                follow(at_most=_TO_BE_RECORDED)
            follow(at_most=0)
        finally:
            recording_thread.shutdown(cancel_futures=True)
        self._gradebook.keep_readings(self._read)
        self.report.old_grades = had.intersection(self.report.failed)
        self.report.seconds = time.monotonic() - begun
        return self.report

    def changed(self, students: Iterable[str]) -> Iterator[Job]:
        """What this run would grade anew of `students`. Nothing is graded, and nothing written."""
        self._known = self._gradebook.known()
        return self._jobs(students, lambda report: None)

    def key(self, student: str) -> str:
        """Under which the verdict on the hand-in of one of `changed` would hold."""
        return self._pending[student].key

    def seconds_late(self, student: str) -> float:
        """How late that hand-in is."""
        return self._pending[student].late

    def notebooks(self, student: str) -> frozenset[str]:
        """The names of the notebooks in it."""
        return self._pending[student].there

    def _jobs(
        self, students: Iterable[str], on_progress: Callable[[RunReport], None]
    ) -> Iterator[Job]:
        for student in students:
            job = None
            with self.report.failed.of(student, "could not be opened"):
                job = self._job(student)
            if job is None:
                on_progress(self.report)
            else:
                yield job

    def _job(self, student: str) -> Job | None:
        """What there is to do for one student; None when nothing has changed."""
        folder = self._settings.submitted(student)
        known = self._known.pop(student, Known())
        look = look_at(folder)  # before it is read: a change in between shows in the next look
        if look and known.read and known.read[0] == look.digest:
            if self._unchanged(student, known, known.read[1]):
                return None
        handin = open_collected(folder, self._course)
        there = frozenset(
            name.removesuffix(".ipynb") for name in handin.files if name.endswith(".ipynb")
        )
        if not there:
            raise CourseError(f"{folder} holds no notebook, so nbgrader has nothing to grade.")
        stamp, handed_in = read_stamp(folder)
        reading = Reading(fingerprint.content_of(handin), handed_in)
        if look and look.at_rest and known.read != (look.digest, reading):
            self._read[student] = (look.digest, reading)
        if self._unchanged(student, known, reading):
            return None
        own = {name: data for name, data in handin.files.items() if not name.endswith(".ipynb")}
        # Without these two, nbgrader releases no page: not this student's, and nobody else's.
        tickets = {TIMESTAMP: stamp, SECRET: read_secret(folder).encode()}
        key = self._key(reading, known)
        late = self._late(reading, known)
        self._pending[student] = _Pending(
            key, reading.content, handed_in, late, there, own, tickets
        )
        judgement = self._before.verdict_on(student, handin) if self._before else None
        seed = judgement.seed if judgement else self.report.seed
        tried: frozenset[str] = frozenset()
        if self._setup.execute is Execute.NOTHING:  # no notebook is looked at, so none travels
            handin = handin.code(self._course)
        elif self._before:
            tried = self._before.tried_otherwise(student, handin)
        standing = self._standing(student, known, late, tried)
        return Job(student, handin, seed, standing, judgement)

    def _standing(self, student: str, known: Known, late: float, tried: frozenset[str]) -> Standing:
        """What is known of a hand-in, for its page; what lateness takes, of all it may earn."""
        earned = {sum(known.extra.values())}
        for task in self._course.tasks:
            ends = (known.manual[task.name],) if task.name in known.manual else (0.0, task.points)
            earned = {one + points for one in earned for points in ends}
        penalties = {
            score: self._settings.penalty(student, score, late) or 0.0
            for score in (earned if late else ())
        }
        return Standing(known.manual, known.extra, known.comments, penalties, tried)

    def _late(self, reading: Reading, known: Known) -> float:
        return self._gradebook.seconds_late(reading.handed_in or known.handed_in, known.extension)

    def _key(self, reading: Reading, known: Known) -> str:
        circumstances = {
            **self._made,
            "late policy": self._settings.late_policy,
            "seconds late": self._late(reading, known),
            "manual": known.manual,
            "extra": known.extra,
            "comments": known.comments,
            "handed in": str(reading.handed_in),
        }
        return fingerprint.key_of(reading.content, circumstances)

    def _unchanged(self, student: str, known: Known, reading: Reading) -> bool:
        """Whether there is nothing to do, which the report then counts."""
        if self._force or not self._holds(student, known, self._key(reading, known)):
            return False
        self.report.unchanged += 1
        return True

    def _holds(self, student: str, known: Known, key: str) -> bool:
        """Whether gradebook and folders hold what this run would put there, or more."""
        if known.key != key or known.outputs is None or not known.intact:
            return False
        if Execute(known.execute) < self._setup.execute:
            return False
        folders = {
            "autograded": self._settings.autograded(student),
            "feedback": self._settings.feedback(student),
        }
        return all(
            output_folders.unharmed(folders[step], sizes) for step, sizes in known.outputs.items()
        )

    def _record_result(self, result: JobResult) -> None:
        pending, assessment = self._pending.pop(result.student), result.assessment
        if assessment is None:
            if result.common:
                raise CommonFault(f"No hand-in can be graded: {result.problem}")
            self.report.failed[result.student] = result.problem
            return
        with self.report.failed.of(result.student, "its results cannot be written"):
            self._record(result, assessment, pending)
            self._report(result, assessment, pending)

    def _report(self, result: JobResult, assessment: Assessment, pending: _Pending) -> None:
        report = self.report
        report.graded += 1
        report.sandboxes.add(assessment.judgement.sandbox)
        if self._course.graded_notebook_name not in pending.there:
            report.notes[result.student] = (
                f"{self._course.handin.graded_notebook} was not handed in: 0 points, as nbgrader "
                "counts them."
            )
        report.slowest = sorted([*report.slowest, (result.seconds, result.student)], reverse=True)[
            :SLOWEST_SHOWN
        ]

    def _record(self, result: JobResult, assessment: Assessment, pending: _Pending) -> None:
        """First the folders, then the gradebook: killed in between, the hand-in is graded again."""
        student = result.student
        notebooks = {f"{name}.ipynb": data for name, data in assessment.notebooks.items()}
        pages = {f"{name}.html": data for name, data in assessment.pages.items()}
        autograded = {**pending.own, **notebooks, **pending.tickets}
        feedback = {**pages, **pending.tickets}
        if self._setup.execute is Execute.NOTHING:
            # Notebooks and pages of an earlier run would be about something else.
            autograded, feedback = {}, {}
        outputs = {
            "autograded": output_folders.replace(
                self._settings.autograded(student), autograded, self._settings.autograded_mode
            ),
            "feedback": output_folders.replace(
                self._settings.feedback(student), feedback, self._settings.feedback_mode
            ),
        }
        self._gradebook.record(
            Record(
                student,
                pending.handed_in,
                pending.there,
                assessment.judgement,
                pending.key,
                self._setup.execute.value,
                outputs,
                {**self._made, "content": pending.content, "took": round(result.seconds, 3)},
            )
        )


@dataclass(frozen=True)
class _Pending:
    """What is remembered of a hand-in while it is graded.

    `late` are seconds; `own` are the student's files beside the notebooks, `tickets` those that
    nbgrader wants beside autograded notebooks and pages.
    """

    key: str
    content: str
    handed_in: datetime | None
    late: float
    there: frozenset[str]
    own: dict[str, bytes]
    tickets: dict[str, bytes]
