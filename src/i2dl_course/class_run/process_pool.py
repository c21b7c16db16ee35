"""The engine of one machine: a fixed number of processes, each with one hand-in at a time.

Every process has a socket of its own, so the death of one, at whatever moment, says exactly which
hand-in it had and harms no other. Jobs are drawn one by one as processes become free: what is in
memory does not grow with the class. Why not a library's pool: docs/decisions/0008.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from multiprocessing.connection import wait

from i2dl_course.class_run.grading_process import (
    PROCESSES_PER_JOB,
    Died,
    GradingProcess,
    Job,
    JobResult,
    Setup,
    TooSlow,
    died,
    too_slow,
)


class ProcessPool:
    """`size` processes that grade hand-ins. Close it when done.

    The first `ahead` of them start at once, the others when there is work for them.
    """

    def __init__(self, setup: Setup, size: int, ahead: int = 0):
        self._setup = setup
        self._size = size
        self._idle: list[GradingProcess] = []
        self._busy: list[GradingProcess] = []
        self._again: deque[Job] = deque()
        self._lost: Counter[str] = Counter()
        self._done: list[JobResult] = []
        self._unused = [GradingProcess(setup) for _ in range(min(ahead, size))]

    def results(self, jobs: Iterable[Job]) -> Iterator[JobResult]:
        """The result of each of `jobs`, as they come in."""
        source = iter(jobs)
        ahead = next(source, None)
        while True:
            while len(self._busy) < self._size:
                if self._again:
                    self._begin(self._again.popleft())
                elif ahead is not None:
                    self._begin(ahead)
                    ahead = next(source, None)
                else:
                    break
            # The processes have work again before the caller records what they have done, and the
            # next job is at hand before one of them can ask for it.
            done, self._done = self._done, []
            yield from done
            if not self._busy and not self._again and ahead is None:
                return
            self._wait()

    def _begin(self, job: Job) -> None:
        kept = self._idle or self._unused
        process = kept.pop() if kept else GradingProcess(self._setup)
        self._busy.append(process)
        try:
            process.begin(job)
        except Died as error:
            self._replace_dead(process, job, error)

    def _wait(self) -> None:
        """Wait until a process has answered, has died or has had its time."""
        processes = {process.connection: process for process in self._busy}
        nearest = min((process.deadline for process in self._busy), default=0.0)
        ready = wait(processes, max(0.0, nearest - time.monotonic())) if processes else []
        for process in list(processes.values()):
            if process.connection not in ready and time.monotonic() < process.deadline:
                continue
            job = process.job
            assert job is not None  # it is busy
            try:
                self._done.append(process.finish())
            except Died as error:
                self._replace_dead(process, job, error)
            except TooSlow:
                self._busy.remove(process)
                process.kill()
                self._done.append(too_slow(job, self._setup))
            else:
                self._busy.remove(process)
                self._idle.append(process)

    def _replace_dead(self, process: GradingProcess, job: Job, error: Died) -> None:
        """Take a dead process out, and its job up again."""
        self._busy.remove(process)
        how = process.kill()
        self._lost[job.student] += 1
        if self._lost[job.student] < PROCESSES_PER_JOB:
            self._again.append(job)
        else:
            self._done.append(died(job, str(error) or how))

    def close(self) -> None:
        """End all processes: the idle ones by themselves, others in what they do."""
        for process in (*self._busy, *self._unused):
            process.kill()
        for process in self._idle:
            process.close()
        self._busy, self._idle, self._unused = [], [], []
