"""The engine of many machines: the workers of a Dask cluster, of whatever kind it is.

A worker needs this package and nothing else: no file system, no gradebook. The course kit comes to
it as bytes, once, by a plugin that Dask also gives to workers that join later; hand-ins come as
bytes, results go back as bytes. A worker that is lost is made good by Dask: its hand-ins go to
another. What grades is the same process as on one machine (grading_process.py), beside each of the
worker's threads; a Dask task itself never runs in a main thread, and may share its process.
"""

from __future__ import annotations

import hashlib
import logging
import math
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import cast

import dask
from distributed import (
    Client,
    Future,
    KilledWorker,
    Security,
    Worker,
    WorkerPlugin,
    as_completed,
    get_worker,
)
from distributed.comm import get_address_host_port, resolve_address

from i2dl_course import sandbox
from i2dl_course.class_run.course_kit import CourseKit
from i2dl_course.class_run.grading_process import (
    PROCESSES_PER_JOB,
    Job,
    JobResult,
    ReplacedProcess,
    Setup,
)
from i2dl_course.errors import CourseError
from i2dl_course.handins.failure import sentence
from i2dl_course.judging.assessment import Execute

_SECONDS_TO_CONNECT = 30
_SECONDS_BETWEEN_COUNTS = 5
_IN_FLIGHT = 2  # tasks for each thread: one at work, one on its way
# Hand-ins of one task, where no notebook is run and each takes less time than handing it out.
_VERDICTS_AT_ONCE = 6

# Each of Dask's processes looks at itself up to a hundred times a second, whether there is anything
# to do or not. For hand-ins of some ten milliseconds that is most of what Dask costs.
QUIET = {
    "distributed.admin.tick.interval": "2s",
    "distributed.admin.system-monitor.interval": "2s",
    "distributed.worker.profile.enabled": False,
    "distributed.worker.memory.monitor-interval": "2s",
}


def security(ca: Path | None, certificate: Path | None, key: Path | None) -> Security | None:
    """TLS by these three files; None leaves it to Dask's own configuration.

    Raises CourseError when one of them is missing.
    """
    files = {"--tls-ca": ca, "--tls-cert": certificate, "--tls-key": key}
    if not any(files.values()):
        return None
    for option, file in files.items():
        if file is None:
            raise CourseError(f"TLS needs three files, and {option} was not given.")
        if not file.is_file():
            raise CourseError(f"There is no file {file}, which {option} names.")
    return Security(
        tls_ca_file=str(ca),
        tls_client_cert=str(certificate),
        tls_client_key=str(key),
        require_encryption=True,
    )


class KitMissing(Exception):
    """A worker was never given the course: its scheduler is not the one that we have joined."""


class DaskEngine:
    """The workers of the cluster whose scheduler has `address`. Close it when done.

    Raises CourseError when there is no scheduler or no worker, or when one lacks this package.
    """

    def __init__(self, address: str, setup: Setup, kit: CourseKit, secure: Security | None = None):
        logging.getLogger("distributed").setLevel(logging.CRITICAL)  # we say it in a sentence
        dask.config.set(QUIET)
        self._address = address
        # The same for the same kit and settings, so that a run that was killed leaves one at most.
        what = hashlib.sha256(f"{kit.digest} {setup}".encode())
        self._name = f"i2dl-kit-{what.hexdigest()[:16]}"
        try:
            # First by itself: a Client that fails on an address stays half made, and noisy.
            get_address_host_port(resolve_address(address))
            self._client = Client(
                address,
                security=secure,
                timeout=_SECONDS_TO_CONNECT,
                set_as_default=False,
                name="course-grade",
            )
        except (OSError, ValueError, RuntimeError, TypeError) as error:
            raise CourseError(f"There is no Dask scheduler at {address!r} ({error}).") from None
        try:
            self._client.wait_for_workers(1, timeout=_SECONDS_TO_CONNECT)
            self._client.register_plugin(KitPlugin(kit, setup), name=self._name)
        except TimeoutError:
            self.close()
            raise CourseError(f"The Dask scheduler at {address} has no worker.") from None
        except Exception as error:  # whatever loading the plugin raised on a worker
            self.close()
            raise CourseError(
                f"A worker of {address} cannot grade ({type(error).__name__}: {error}); install "
                "there what is installed here."
            ) from None
        self._counted, self._threads = -math.inf, 0
        self._longest = PROCESSES_PER_JOB * setup.longest
        self._at_once = _VERDICTS_AT_ONCE if setup.execute is Execute.NOTHING else 1

    def results(self, jobs: Iterable[Job]) -> Iterator[JobResult]:
        """The result of each of `jobs`, as they come in."""
        source = iter(jobs)
        again: list[Job] = []
        running: dict[Future, list[Job]] = {}
        done = as_completed([], loop=self._client.loop)
        while True:
            while len(running) < self._room():
                # Who shared a task with what has cost it is taken up again, each alone.
                some = [again.pop()] if again else list(islice(source, self._at_once))
                if not some:
                    break
                # Dask keeps equal calls apart only by their keys.
                future = self._client.submit(grade, some, self._name, pure=False)
                running[future] = some
                done.add(future)
            if not running:
                return
            future = next(done)
            some = running.pop(future)
            if future.status == "error" and len(some) > 1:
                again += some
            else:
                yield from self._results(future, some)
            future.release()

    def grade(self, job: Job) -> JobResult:
        """The result of one job, for which this waits; for many threads.

        Raises CourseError when the scheduler is lost, and TimeoutError when nothing comes.
        """
        future = self._client.submit(grade, [job], self._name, pure=False)
        next(as_completed([future], loop=self._client.loop, timeout=self._longest))
        [result] = self._results(future, [job])
        future.release()
        return result

    def threads(self) -> int:
        """How many hand-ins can be at work; workers come and go."""
        if time.monotonic() - self._counted > _SECONDS_BETWEEN_COUNTS:
            self._threads = sum(self._client.nthreads().values())
            self._counted = time.monotonic()
        return self._threads

    def _room(self) -> int:
        """How many tasks may be in flight."""
        return max(1, _IN_FLIGHT * self.threads())

    def _results(self, future: Future, jobs: list[Job]) -> list[JobResult]:
        if future.status == "finished":
            return future.result()
        error = future.exception() if future.status == "error" else None
        if error is None or isinstance(error, KitMissing):
            raise CourseError(
                f"The Dask scheduler at {self._address} was lost; what has been recorded is kept, "
                "and the same command goes on from there."
            )
        if isinstance(error, KilledWorker):
            problem = "every worker that had it was lost; is there memory enough?"
        else:
            problem = sentence(error, "could not be graded")
        return [JobResult(job.student, None, problem, 0.0) for job in jobs]

    def close(self) -> None:
        """Leave the cluster; its workers end their grading processes."""
        try:
            self._client.unregister_worker_plugin(self._name)
        except Exception:  # never registered, or the scheduler is gone: nothing left to undo
            pass
        self._client.close()


def grade(jobs: list[Job], name: str) -> list[JobResult]:
    """The task that a Dask worker runs: `jobs`, by what the plugin `name` has brought there."""
    # A client goes over to whichever scheduler comes to have the address, and does not tell.
    if name not in (plugins := get_worker().plugins):
        raise KitMissing
    plugin = cast(KitPlugin, plugins[name])
    return [plugin.grade(job) for job in jobs]


class KitPlugin(WorkerPlugin):
    """Brings the kit to a worker, and keeps a grading process beside each of its threads."""

    def __init__(self, kit: CourseKit, setup: Setup):
        self._kit = kit
        self._setup = setup

    def setup(self, worker: Worker) -> None:
        """Unpack the kit, on a worker that has just got it."""
        self._scratch = sandbox.ScratchFolder("grade")
        kit = self._scratch.path / "kit"
        kit.parent.chmod(0o711)  # as root, a sandbox's user must be able to reach its own folder
        self._kit.unpack(kit)
        self._setup = replace(self._setup, folder=str(kit))
        self._processes: dict[int, ReplacedProcess] = {}

    def grade(self, job: Job) -> JobResult:
        """The result of `job`, by the process that belongs to this thread."""
        thread = threading.get_ident()
        if thread not in self._processes:
            self._processes[thread] = ReplacedProcess(self._setup)
        return self._processes[thread].grade(job)

    def teardown(self, worker: Worker) -> None:
        """End the processes and remove the kit."""
        for process in self._processes.values():
            process.close()
        self._scratch.close()
