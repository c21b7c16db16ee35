"""The judges: threads that take hand-ins in turn, and have them judged in warm processes.

What a judge says is written down before anybody is told, and once. A process that dies is replaced,
and its hand-in is judged again. Where a page is asked for, it says the verdict; no cell is run.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol

from i2dl_course.class_run.grading_process import Job, JobResult
from i2dl_course.errors import CourseError
from i2dl_course.handins.failure import CommonFault, sentence
from i2dl_course.handins.opening import HandIn
from i2dl_course.judging.assessment import Assessment
from i2dl_course.manifest import Course
from i2dl_course.records.handin_queue import HandinQueue, Queued
from i2dl_course.reporting.outcome import Standing
from i2dl_course.service.turns import Turns

_SECONDS_AFTER_A_FAULT = 5.0  # after a fault that no hand-in has caused


class Grader(Protocol):
    """Grades one hand-in at a time, here or elsewhere; one may stand for several."""

    def grade(self, job: Job) -> JobResult:
        """The result of `job`, for which this waits."""

    def close(self) -> None:
        """End what was started; more than once does no harm."""


class Judges:
    """A judge for each of `graders`, all but `size` for when hand-ins are slow. Close when done.

    `seed` gives the seed for a hand-in, by its number; `handin` the files of one, with a standing
    when a page of it is wanted; `told` is called with each that is judged and its pages, in a
    thread of a judge. `fault` is what keeps all of them from judging just now, or None.
    """

    def __init__(
        self,
        course: Course,
        graders: Sequence[Grader],
        turns: Turns,
        queue: HandinQueue,
        seed: Callable[[int], int],
        handin: Callable[[Queued], tuple[HandIn, Standing | None]],
        told: Callable[[Queued, Mapping[str, bytes]], None],
        size: int,
    ):
        self.fault: str | None = None
        self._course = course
        self._turns = turns
        self._queue = queue
        self._seed = seed
        self._handin = handin
        self._told = told
        self._ended = threading.Event()
        # The last one used is the next: those for slow hand-ins are not even started before one is.
        self._idle = list(graders)
        self._graders = tuple(graders)
        # A process ends with the thread that has started it, so these live as long as the service.
        self._threads = [
            threading.Thread(target=self._judge_on, args=(number < size,), daemon=True)
            for number in range(len(graders))
        ]
        for thread in self._threads:
            thread.start()

    def _judge_on(self, warm: bool) -> None:
        if warm:
            self._warm_up()
        while (turn := self._turns.take()) is not None:
            student, number = turn
            try:
                self._judge(number)
                self.fault = None
            except Exception as error:
                self.fault = sentence(error, "nothing can be judged")
                self._turns.add(student, number)
                self._ended.wait(_SECONDS_AFTER_A_FAULT)
            finally:
                self._turns.done(student)

    def _warm_up(self) -> None:
        """Judge what was handed out, so that the first student need not wait for imports."""
        release = self._course.release_dir
        files = {
            name: (release / name).read_bytes()
            for name in (*self._course.handin.files, self._course.handin.graded_notebook)
            if (release / name).is_file()
        }
        self._grade(Job("", HandIn(files), 0, Standing()))

    def _grade(self, job: Job) -> JobResult:
        grader = self._idle.pop()
        try:
            return grader.grade(job)
        finally:
            self._idle.append(grader)

    def _judge(self, number: int) -> None:
        one = self._queue.get(number)
        if one is None or one.judged:
            return
        assessment, problem = self._ask(one)
        self._turns.judged(one.student)
        judgement = assessment.judgement if assessment else None
        if self._queue.judged(number, judgement, problem):
            now = datetime.now(UTC).replace(tzinfo=None)
            judged = replace(one, judged=now, judgement=judgement, problem=problem)
            self._told(judged, assessment.pages if assessment else {})

    def _ask(self, one: Queued) -> tuple[Assessment | None, str | None]:
        try:
            handin, standing = self._handin(one)
        except CourseError as error:
            return None, str(error)
        if standing is None:  # no notebook is looked at, so none travels
            handin = handin.code(self._course)
        result = self._grade(Job(one.student, handin, self._seed(one.number), standing))
        if result.assessment is None:
            if result.common:
                raise CommonFault(f"No hand-in can be judged: {result.problem}")
            return None, result.problem
        return result.assessment, None

    def close(self) -> None:
        """Let each judge finish what it holds, and take nothing more."""
        self._turns.close()
        self._ended.set()
        for thread in self._threads:
            thread.join()
        for grader in self._graders:
            grader.close()
