"""The recorder: what is judged gets into gradebook, folders and exchange, by a class run.

It is a run over the few students of whom something new is judged, and the hand-in of each that
counts. So the rows, folders and keys are those of `course grade`, which then finds nothing to do,
and a recorder that is killed does again what it had not finished, with the same result. Verdicts
are not reached anew here: what was told is what is recorded.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace

from i2dl_course.class_run.best import BestHandins
from i2dl_course.class_run.course_kit import CourseKit
from i2dl_course.class_run.grading_process import Job, JobResult, Setup
from i2dl_course.class_run.process_pool import ProcessPool
from i2dl_course.class_run.run import ClassRun
from i2dl_course.errors import CourseError
from i2dl_course.handins.failure import sentence
from i2dl_course.manifest import Course
from i2dl_course.nbgrader_side import counting, course_lock
from i2dl_course.nbgrader_side.exchange import CourseExchange
from i2dl_course.nbgrader_side.gradebook import CourseGradebook, Known
from i2dl_course.nbgrader_side.handin_queue import HandinQueue, Queued
from i2dl_course.nbgrader_side.settings import Settings
from i2dl_course.receiving import rules
from i2dl_course.receiving.archive import Archive
from i2dl_course.service.reception import Reception

_AT_ONCE = 8  # students in one run
_SECONDS_UNTIL_AGAIN = 1.0


class Recorder:
    """Records in a thread of its own. Close it when done.

    `rest` is asked before each run: while it says False, verdicts have the processors for
    themselves. `fault` is what keeps the last run from its end, or None.
    """

    def __init__(
        self,
        course: Course,
        settings: Settings,
        gradebook: CourseGradebook,
        queue: HandinQueue,
        reception: Reception,
        kit: CourseKit,
        setup: Setup,
        processes: int,
        exchange: CourseExchange | None,
        rest: Callable[[], bool],
    ):
        self.fault: str | None = None
        self._course = course
        self._settings = settings
        self._gradebook = gradebook
        self._queue = queue
        self._reception = reception
        self._kit = kit
        self._setup = setup
        self._processes = processes
        self._exchange = exchange
        self._rest = rest
        self._change = threading.Condition()
        self._archive = Archive(course)
        self._judged: list[Queued] = []
        self._students = set(queue.unrecorded())
        self._at_work = 0
        self._closed = False
        self._thread = threading.Thread(target=self._record_on, name="recorder", daemon=True)
        self._thread.start()

    def add(self, one: Queued) -> None:
        """Note that `one` has been judged."""
        with self._change:
            self._judged.append(one)
            self._students.add(one.student)
            self._change.notify()

    @property
    def waiting(self) -> int:
        """How many students wait for their record, or are in it."""
        with self._change:
            return len(self._students) + self._at_work

    def _record_on(self) -> None:
        pool = ProcessPool(self._setup, self._processes)
        try:
            while (students := self._next()) is not None:
                try:
                    self._record(students, pool)
                    self.fault = None
                except Exception as error:  # such as a full disk: it is tried again
                    self.fault = sentence(error, "what is judged could not be recorded")
                    with self._change:
                        self._students.update(students)
                        self._change.wait_for(lambda: self._closed, _SECONDS_UNTIL_AGAIN)
                finally:
                    with self._change:
                        self._at_work = 0
        finally:
            pool.close()

    def _next(self) -> list[str] | None:
        with self._change:
            while not self._closed:
                if self._students and self._rest():
                    chosen = sorted(self._students)[:_AT_ONCE]
                    self._students.difference_update(chosen)
                    self._at_work = len(chosen)
                    return chosen
                self._change.wait(_SECONDS_UNTIL_AGAIN / 10 if self._students else None)
            return None

    def _record(self, students: list[str], pool: ProcessPool) -> None:
        with self._change:
            judged, self._judged = self._judged, []
        self._keep(judged)
        newest: dict[str, int] = {}
        counts: dict[str, Queued] = {}
        for student in students:
            theirs = [one for one in self._queue.of(student) if one.judged]
            if theirs:
                newest[student] = theirs[0].number
            best = self.counts(theirs)
            if best is not None and self._put(student, theirs):
                counts[student] = best
        if counts:
            run = ClassRun(self._course, self._settings, self._gradebook, self._kit, self._setup)
            with ExitStack() as lock:
                report = run.run(list(counts), _Told(counts, pool, lambda: self._lock(lock)))
            if report.failed:
                raise CourseError("; ".join(f"{who}: {why}" for who, why in report.failed.items()))
        for student, number in newest.items():
            if self._exchange and student in counts:
                self._exchange.release(student)
            self._queue.recorded(student, number)

    def _lock(self, stack: ExitStack) -> None:
        """Wait until no `course grade` runs, and none of nbgrader's commands."""
        while True:
            try:
                stack.enter_context(
                    course_lock.held(self._course.root, patience=_SECONDS_UNTIL_AGAIN)
                )
                return
            except CourseError as error:
                self.fault = str(error)
                if self._closed:
                    raise

    def counts(self, theirs: list[Queued]) -> Queued | None:
        """The hand-in that counts: the best of those judged that were in time."""
        return rules.best(one for one in theirs if one.judgement and self.told_late(one) is None)

    def told_late(self, one: Queued) -> str | None:
        """What a student is told of a hand-in that was not in time; None of one that was."""
        known = self._gradebook.known([one.student]).get(one.student, Known())
        time = self._reception.get(one.number).time
        return rules.told(self._course.exercise, time, known.extension)

    def _put(self, student: str, theirs: list[Queued]) -> bool:
        """Put the one that counts where nbgrader's commands and `course grade` find it.

        False when a person has changed what lies there, which stays.
        """
        known = self._gradebook.known([student]).get(student, Known())
        told = counting.settle(
            self._course,
            self._archive,
            self._archive.of(student),
            known.extension,
            {one.number: one.score for one in theirs if one.judgement},
            self._settings.submitted(student),
            self._settings.shared,
        )
        return told is None

    def _keep(self, judged: list[Queued]) -> None:
        """Have `course grade` know the verdicts, on hand-ins that do not count, too."""
        best = BestHandins(self._course, self._settings, self._gradebook, self._kit, self._setup)
        kept = [
            best.as_judged(self._reception.get(one.number), one.judgement)
            for one in judged
            if one.judgement
        ]
        self._gradebook.judged.keep(kept)

    def close(self) -> None:
        """Let it finish what it holds, and begin nothing more."""
        with self._change:
            self._closed = True
            self._change.notify_all()
        self._thread.join()


class _Told:
    """The engine of these runs: pages for what is judged, by the verdicts that were told.

    `lock` is called when there is something to record, and not before: a notebook may take long,
    and `course grade` should not have to wait for it.
    """

    def __init__(self, told: dict[str, Queued], pool: ProcessPool, lock: Callable[[], None]):
        self._told = told
        self._pool = pool
        self._lock = lock

    def results(self, jobs: Iterable[Job]) -> Iterator[JobResult]:
        """The result of each job, with the verdict that was told."""
        results = list(self._pool.results(map(self._as_told, jobs)))
        if results:
            self._lock()
        yield from results

    def _as_told(self, job: Job) -> Job:
        judgement = self._told[job.student].judgement
        assert judgement is not None  # or it would not count
        return replace(job, seed=judgement.seed, judgement=judgement)

    def close(self) -> None:
        """Nothing: the pool is kept."""
