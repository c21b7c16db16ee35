"""The service: reception, judges and recorder together, as the door and the watch use them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from i2dl_course import sandbox
from i2dl_course.class_run import course_kit
from i2dl_course.class_run.course_kit import CourseKit
from i2dl_course.class_run.grading_process import ReplacedProcess, Setup, setup_for
from i2dl_course.class_run.process_pool import ProcessPool
from i2dl_course.errors import CourseError
from i2dl_course.handins.opening import HandIn
from i2dl_course.judging.assessment import Execute
from i2dl_course.manifest import Course
from i2dl_course.nbgrader_side.exchange import CourseExchange
from i2dl_course.receiving import rules
from i2dl_course.records.gradebook import CourseGradebook
from i2dl_course.records.handin_queue import HandinQueue, Queued
from i2dl_course.records.link_serials import LinkSerials
from i2dl_course.records.settings import Settings
from i2dl_course.reporting import outcome
from i2dl_course.reporting.door_page import Handed
from i2dl_course.reporting.outcome import Standing
from i2dl_course.service.exchange_watch import ExchangeWatch
from i2dl_course.service.figures import Figures
from i2dl_course.service.judges import Grader, Judges
from i2dl_course.service.links import PersonalLinks
from i2dl_course.service.reception import Reception
from i2dl_course.service.recorder import GradebookRecorder
from i2dl_course.service.seeds import Seeds
from i2dl_course.service.turns import Turns

if TYPE_CHECKING:
    from i2dl_course.class_run.dask_engine import DaskEngine

# Pages that are written while verdicts are asked for get a quarter of the processors; with less, a
# cell might take longer than it may.
_NICE_PAGES = 5
_SLOW_JUDGES = 6  # judges for slow hand-ins beside the others
_FIRST_PAGE = (
    "Here is the verdict at once. Your cells are still being run; fetch the feedback again in a "
    "minute, and it shows what they print."
)


@dataclass(frozen=True)
class Options:
    """How the service works: `jobs` hand-ins at once; `pages` says whether feedback is written.

    `cluster` gives an engine of many machines; without it, hand-ins are judged on this one.
    """

    jobs: int
    level: str | None
    seconds: float
    pages: bool
    cluster: Callable[[Setup, CourseKit], DaskEngine] | None = None


class Service:
    """Takes hand-ins for `course`, judges and records them. Close it when done.

    `scratch` is an empty folder of its own. Raises CourseError when gradebook, course or sandbox
    are not in order.
    """

    def __init__(self, course: Course, options: Options, scratch: Path):
        self.course = course
        self._loop = asyncio.get_running_loop()
        self._waiters: dict[int, set[asyncio.Future[None]]] = {}
        settings = Settings(course)
        if not options.cluster:
            sandbox.launcher(options.level)  # without any there is nothing to begin with
        kit = course_kit.pack(course)
        folder = scratch / "kit"
        kit.unpack(folder)
        execute = Execute.GRADED if options.pages else Execute.NOTHING
        setup = setup_for(course, options.level, execute, options.seconds, str(folder))
        self._gradebook = CourseGradebook(settings, course)
        if self._gradebook.due != course.exercise.closes.astimezone(UTC).replace(tzinfo=None):
            raise CourseError(
                f"The gradebook has another due date of {course.exercise.name} than course.toml, "
                "so students would not get what they are told; run `course prepare`."
            )
        self.queue = HandinQueue(self._gradebook)
        self.links = PersonalLinks(course.root, course.exercise.name, LinkSerials(self._gradebook))
        self._reception = Reception(course, self.queue, scratch)
        graders = self._graders(replace(setup, execute=Execute.PAGES), kit, options)
        jobs = len(graders) - _SLOW_JUDGES
        self._turns = Turns(jobs, _SLOW_JUDGES)
        self.figures = Figures(lambda: self._turns.waiting, lambda: self._recorder.waiting)
        exchange = CourseExchange(settings) if CourseExchange(settings).there else None
        self._fetched = exchange if options.pages else None  # where pages of feedback are fetched
        self._reception.queue_the_rest()
        for student, number in self.queue.waiting():
            self._turns.add(student, number)
        self._recorder = GradebookRecorder(
            course,
            settings,
            self._gradebook,
            self.queue,
            self._reception,
            kit,
            setup,
            self._fetched,
            (
                partial(options.cluster, replace(setup, nice=_NICE_PAGES), kit)
                if options.cluster
                else partial(ProcessPool, replace(setup, nice=_NICE_PAGES), options.jobs)
            ),
            rest=lambda: self._turns.waiting == 0,
        )
        self._judges = Judges(
            course,
            graders,
            self._turns,
            self.queue,
            Seeds(self._reception.archive.count).of,
            self._to_judge,
            self._told,
            jobs,
        )
        self._watch = ExchangeWatch(exchange, self._arrived) if exchange else None

    def _graders(self, setup: Setup, kit: CourseKit, options: Options) -> list[Grader]:
        """What judges; more of them than hand-ins at once, for when these are slow."""
        if options.cluster is None:
            return [ReplacedProcess(setup) for _ in range(options.jobs + _SLOW_JUDGES)]
        from i2dl_course.service.cluster import Cluster  # only who asks for Dask waits for it

        cluster = Cluster(partial(options.cluster, setup, kit))
        return [cluster] * (max(options.jobs, cluster.threads()) + _SLOW_JUDGES)

    # --- taking -----------------------------------------------------------------------------------

    def why_closed(self, now: datetime) -> str | None:
        """Why nothing is taken just now, in a sentence; None when hand-ins are taken."""
        exercise = self.course.exercise
        if rules.timing(exercise, now) is not rules.Timing.EARLY:
            return None
        return f"Nothing is taken before {rules.local(exercise, exercise.opens)}."

    def receive(self, student: str, data: bytes, name: str, received: datetime) -> int:
        """Write the zip `data` down, and queue it; its number. Raises CourseError for none."""
        try:
            one, new = self._reception.take(student, data, name, received)
        except BaseException:
            self.figures.refused.inc()
            raise
        if new:
            self.figures.received.inc()
            self._turns.add(student, one.number)
        return one.number

    def _arrived(self) -> None:
        """In the thread of the watch: something may be in the archive that is not in the queue."""
        for one in self._reception.queue_the_rest():
            self.figures.received.inc()
            self._turns.add(one.student, one.number)

    def _to_judge(self, one: Queued) -> tuple[HandIn, Standing | None]:
        """What was handed in; with a standing when its student waits for a page on the exchange."""
        handin, received = self._reception.files(one.number), self._reception.get(one.number)
        if self._fetched is None or self._fetched.student(received.origin) is None:
            return handin, None
        late = self._recorder.told_late(one, self._recorder.extension(one.student))
        said = [*handin.earlier, *([late] if late else []), _FIRST_PAGE]
        standing = replace(
            Standing.of_no_avail(self.course.total_points) if late else Standing(),
            tried=self._recorder.tried_otherwise(one, self.queue.of(one.student)),
        )
        return replace(handin, earlier=tuple(dict.fromkeys(said))), standing

    # --- telling ----------------------------------------------------------------------------------

    def _told(self, one: Queued, pages: Mapping[str, bytes]) -> None:
        """In the thread of a judge: somebody may be waiting for this verdict."""
        if pages and self._fetched:
            with suppress(OSError):  # whole pages follow, and who cannot write those says so
                self._fetched.put(self._reception.get(one.number).secret, pages, anew=False)
        self.figures.judged.labels("verdict" if one.judgement else "problem").inc()
        if (received := self._reception.get(one.number).time) is not None:
            self.figures.seconds.observe((datetime.now(UTC) - received).total_seconds())
        self._recorder.add(one.student)
        with suppress(RuntimeError):  # the loop has ended, and nobody waits
            self._loop.call_soon_threadsafe(self._wake, one.number)

    def _wake(self, number: int) -> None:
        for waiter in self._waiters.pop(number, ()):
            if not waiter.done():
                waiter.set_result(None)

    async def verdict(self, number: int, seconds: float) -> Queued:
        """The hand-in, when it is judged or `seconds` have passed."""
        waiter = self._loop.create_future()
        self._waiters.setdefault(number, set()).add(waiter)
        try:
            one = await self._aside(self.queue.get, number)
            if one.judged:
                return one
            with suppress(TimeoutError):
                await asyncio.wait_for(waiter, seconds)
            return await self._aside(self.queue.get, number)
        finally:
            waiting = self._waiters.get(number, set())
            waiting.discard(waiter)
            if not waiting:
                self._waiters.pop(number, None)

    async def _aside(self, work: Callable[..., Any], *values: Any) -> Any:
        return await self._loop.run_in_executor(None, work, *values)

    def handed(self, student: str) -> list[Handed]:
        """All hand-ins of a student, the newest first, as the page shows them."""
        now = self._gradebook.judged.of(student)  # who grades anew may have found something else
        theirs = [
            replace(one, judgement=now[one.number].judgement) if one.number in now else one
            for one in self.queue.of(student)
        ]
        counts, extension = self._recorder.counts(theirs), self._recorder.extension(student)
        newest = Standing()  # the page tells the verdicts of the newest alone
        if theirs and theirs[0].judgement:
            newest = Standing(tried=self._recorder.tried_otherwise(theirs[0], theirs))
        return [
            Handed(
                number=one.number,
                received=self._moment(one),
                receipt=self._reception.get(one.number).receipt.line(),
                judged=one.judged is not None,
                outcome=outcome.of_verdicts(
                    one.judgement.verdicts.values(),
                    one.judgement.pass_mark,
                    newest if one is theirs[0] else None,
                )
                if one.judgement
                else None,
                problem=one.problem,
                late=self._recorder.told_late(one, extension),
                counts=one == counts,
                notes=self._reception.get(one.number).notes,
            )
            for one in theirs
        ]

    def _moment(self, one: Queued) -> str:
        time = self._reception.get(one.number).time
        return rules.local(self.course.exercise, time) if time else "a time that nobody knows"

    def receipt(self, number: int) -> str:
        """The signed line that its student gets."""
        return self._reception.get(number).receipt.line()

    def as_json(self, one: Queued) -> dict[str, Any]:
        """What a program is told of a hand-in."""
        receipt = self._reception.get(one.number).receipt
        return {
            "number": one.number,
            "student": one.student,
            "received": receipt.received,
            "receipt": receipt.line(),
            "judged": one.judged is not None,
            "verdict": one.judgement.as_json() if one.judgement else None,
            "problem": one.problem,
        }

    def health(self) -> dict[str, Any]:
        """Whether all goes well, and what does not."""
        faults = [self._judges.fault, self._recorder.fault, self._watch and self._watch.fault]
        return {
            "ok": not self._judges.fault,
            "waiting": self._turns.waiting,
            "unrecorded": self._recorder.waiting,
            "faults": [fault for fault in faults if fault],
            "not recorded": dict(self._recorder.failed),
        }

    def close(self) -> None:
        """Finish what is held, and end; what waits is in the database, for the next time."""
        if self._watch:
            self._watch.close()
        self._judges.close()
        self._recorder.close()
        self._gradebook.close()
