"""The recorder: what is judged gets into gradebook, folders and exchange, by a class run.

It is a run over the few students of whom something new is judged, and the hand-in of each that
counts. So the rows, folders and keys are those of `course grade`, which then finds nothing to do,
and a recorder that is killed does again what it had not finished, with the same result. Verdicts
are not reached anew here: what was told is what is recorded.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

from i2dl_course.class_run.best import BestHandins
from i2dl_course.class_run.course_kit import CourseKit
from i2dl_course.class_run.grading_process import Engine, Job, JobResult, Setup
from i2dl_course.class_run.run import ClassRun
from i2dl_course.errors import CourseError
from i2dl_course.handins.failure import Failures, sentence
from i2dl_course.handins.opening import HandIn
from i2dl_course.manifest import Course
from i2dl_course.nbgrader_side import course_lock
from i2dl_course.nbgrader_side.exchange import CourseExchange
from i2dl_course.receiving import rules
from i2dl_course.receiving.archive import Received
from i2dl_course.records import counting
from i2dl_course.records.gradebook import CourseGradebook, Known
from i2dl_course.records.handin_queue import HandinQueue, Queued
from i2dl_course.records.settings import Settings
from i2dl_course.reporting.outcome import Standing
from i2dl_course.service import heap
from i2dl_course.service.reception import Reception
from i2dl_course.verdicts import Judgement

_AT_ONCE = 8  # students in one run
_SECONDS_UNTIL_AGAIN = 1.0


class GradebookRecorder:
    """Records in a thread of its own. Close it when done.

    `engine` makes what writes pages. `rest` is asked before each run, and before each page: while
    it says False, verdicts have the processors for themselves. `fault` is what keeps the last run
    from its end, or None; `failed` are sentences about those who could not be recorded.
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
        exchange: CourseExchange | None,
        engine: Callable[[], Engine],
        rest: Callable[[], bool],
    ):
        self.fault: str | None = None
        self.failed = Failures()
        self._course = course
        self._settings = settings
        self._gradebook = gradebook
        self._queue = queue
        self._reception = reception
        self._kit = kit
        self._setup = setup
        self._exchange = exchange
        self._engine = engine
        self._rest = rest
        self._change = threading.Condition()
        self._archive = reception.archive
        self._students = set(queue.unrecorded())
        self._at_work = 0
        self._closed = False
        self._thread = threading.Thread(target=self._record_on, name="recorder", daemon=True)
        self._thread.start()

    def add(self, student: str) -> None:
        """Note that something new of `student` is judged."""
        with self._change:
            self._students.add(student)
            self._change.notify()

    @property
    def waiting(self) -> int:
        """How many students wait for their record, or are in it."""
        with self._change:
            return len(self._students) + self._at_work

    def _record_on(self) -> None:
        engine: Engine | None = None
        try:
            while (students := self._next()) is not None:
                try:
                    engine = engine or self._engine()
                    self._record(students, engine)
                    self.fault = None
                except Exception as error:  # such as a full disk: it is tried again
                    if engine:  # which may be at something still, or have lost its cluster
                        engine.close()
                        engine = None
                    self.fault = sentence(error, "what is judged could not be recorded")
                    with self._change:
                        self._students.update(students)
                        self._change.wait_for(lambda: self._closed, _SECONDS_UNTIL_AGAIN)
                finally:
                    heap.give_back()
                    with self._change:
                        self._at_work = 0
        finally:
            if engine:
                engine.close()

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

    def _at_rest(self, jobs: Iterable[Job]) -> Iterator[Job]:
        """`jobs`, each once no verdict is waited for; all that are left when this is closed."""
        for job in jobs:
            with self._change:
                while not (self._closed or self._rest()):
                    self._change.wait(_SECONDS_UNTIL_AGAIN / 10)
            yield job

    def _record(self, students: list[str], engine: Engine) -> None:
        judged = {name: [one for one in self._queue.of(name) if one.judged] for name in students}
        judged = {name: theirs for name, theirs in judged.items() if theirs}
        self._keep([one for theirs in judged.values() for one in theirs if not one.recorded])
        failed = Failures()
        handed: dict[str, _Handed] = {}
        known = self._gradebook.known(list(judged))
        for name, theirs in judged.items():
            with failed.of(name, "the best hand-in could not be put in its place"):
                handed[name] = self._settle(name, theirs, known.get(name, Known()).extension)
        run = ClassRun(
            self._course,
            self._settings,
            self._gradebook,
            self._kit,
            self._setup,
            before=_Told(handed, self._verdict_on, self._tried),
        )
        with ExitStack() as lock:
            report = run.run(
                list(handed), _AtRest(engine, self._at_rest, partial(self._lock, lock))
            )
        failed.update(report.failed)
        for student, theirs in judged.items():
            if self._exchange and student not in failed:
                with failed.of(student, "the page of feedback could not be released"):
                    self._exchange.release(student)
                    self._release_others(self._exchange, handed[student], engine)
            self._queue.recorded(student, theirs[0].number)
        # Theirs alone, and not to be tried for ever: the next `course grade` does, and names them.
        self.failed.update(failed)

    def _settle(self, student: str, judged: list[Queued], extension: timedelta) -> _Handed:
        """Have the hand-in that counts lie where everybody who grades finds it.

        What a person has put there stays, and is what counts.
        """
        handins = self._archive.of(student)
        scores = {one.number: one.score for one in judged if one.judgement}
        counting.settle(
            self._course,
            self._archive,
            handins,
            extension,
            scores,
            self._settings.submitted(student),
            self._settings.shared,
        )
        number = counting.counting(self._course, handins, extension, scores).number
        counts = next((one for one in judged if one.number == number and one.judgement), None)
        return _Handed(student, handins, extension, judged, scores, counts)

    def _verdict_on(self, one: Queued, handin: HandIn) -> Judgement | None:
        """What was told of `one`; None when a person has changed it, as it lies there."""
        received = self._reception.files(one.number)
        unchanged = handin.code(self._course).files == received.code(self._course).files
        return one.judgement if unchanged else None

    def _release_others(self, exchange: CourseExchange, handed: _Handed, engine: Engine) -> None:
        """Pages for what was handed in over the exchange, is new and does not count."""
        handins, extension, scores = handed.handins, handed.extension, handed.scores
        jobs, secrets = [], {}
        for one in handed.judged:
            received = self._reception.get(one.number)
            if one.recorded or one == handed.counts or exchange.student(received.origin) is None:
                continue
            if one.judgement is None:
                continue
            said = counting.notes(self._course, handins, received, extension, scores)
            if late := rules.told(self._course.exercise, received.time, extension):
                said.append(late)
            handin = replace(self._reception.files(one.number), earlier=tuple(dict.fromkeys(said)))
            standing = replace(
                Standing.of_no_avail(self._course.total_points) if late else Standing(),
                tried=self._tried(one, handin, handed.judged),
            )
            name = f"{handed.student}#{one.number}"
            secrets[name] = received.secret
            jobs.append(Job(name, handin, one.judgement.seed, standing, one.judgement))
        for result in list(engine.results(self._at_rest(jobs))):
            if result.assessment:
                exchange.put(secrets[result.student], result.assessment.pages)

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
        if not theirs:
            return None
        extension = self.extension(theirs[0].student)
        return rules.best(
            one for one in theirs if one.judgement and self.told_late(one, extension) is None
        )

    def tried_otherwise(self, one: Queued, theirs: list[Queued]) -> frozenset[str]:
        """The tasks that its student has failed with other code, too, in one of `theirs`."""
        with suppress(CourseError, OSError):  # of a damaged one
            if len(theirs) > 1:
                return self._tried(one, self._reception.files(one.number), theirs)
        return frozenset()

    def _tried(self, one: Queued, handin: HandIn, theirs: list[Queued]) -> frozenset[str]:
        found = {other.number: other.judgement for other in theirs}
        received = self._reception.get(one.number)
        return counting.tried_otherwise(
            self._course, self._archive, received, handin.files, found.get
        )

    def extension(self, student: str) -> timedelta:
        """How much longer than others a student has."""
        return self._gradebook.known([student]).get(student, Known()).extension

    def told_late(self, one: Queued, extension: timedelta) -> str | None:
        """What a student is told of a hand-in that was not in time; None of one that was."""
        return rules.told(self._course.exercise, self._reception.get(one.number).time, extension)

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


@dataclass(frozen=True)
class _Handed:
    """What one student has handed in: all of it, and what of it is judged, the newest first.

    `scores` are those of the judged, by number; `counts` is the one of them that counts.
    """

    student: str
    handins: list[Received]
    extension: timedelta
    judged: list[Queued]
    scores: dict[int, float]
    counts: Queued | None


class _Told:
    """What a class run is to know: what was told of the hand-ins that count.

    What a person has put in the place of one, for which there is no `verdict_on`, is judged anew.
    """

    def __init__(
        self,
        handed: Mapping[str, _Handed],
        verdict_on: Callable[[Queued, HandIn], Judgement | None],
        tried: Callable[[Queued, HandIn, list[Queued]], frozenset[str]],
    ):
        self._handed = handed
        self._verdict_on = verdict_on
        self._tried = tried

    def verdict_on(self, student: str, handin: HandIn) -> Judgement | None:
        """The verdict that was told."""
        counts = self._handed[student].counts
        return self._verdict_on(counts, handin) if counts else None

    def tried_otherwise(self, student: str, handin: HandIn) -> frozenset[str]:
        """The tasks failed with other code, too."""
        handed = self._handed[student]
        return self._tried(handed.counts, handin, handed.judged) if handed.counts else frozenset()


class _AtRest:
    """The engine of these runs: it writes pages while nobody waits for a verdict.

    `at_rest` holds jobs back while there are verdicts to reach. `lock` is called when there is
    something to record, and not before: a notebook may take long, and `course grade` should not
    have to wait for it.
    """

    def __init__(
        self,
        engine: Engine,
        at_rest: Callable[[Iterable[Job]], Iterator[Job]],
        lock: Callable[[], None],
    ):
        self._engine = engine
        self._at_rest = at_rest
        self._lock = lock

    def results(self, jobs: Iterable[Job]) -> Iterator[JobResult]:
        """The result of each job, all at once."""
        results = list(self._engine.results(self._at_rest(jobs)))
        if results:
            self._lock()
        yield from results

    def close(self) -> None:
        """Nothing: the engine is kept."""
