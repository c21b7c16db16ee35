"""A process in which hand-ins are graded, one after the other, and the parent's end of it.

One function, :func:`main`, serves a pool on one machine and Dask's workers on many. It always
runs in the main thread of a process of its own: there the checks' time limits hold, and the
sandboxes, which end with the thread that started them, live as long as the process does.

A Setup and then Jobs come in over a socket, and JobResults go out. NumPy and all that judges are
imported by the process alone: the parent knows hand-ins and results, and starts without them.
"""

from __future__ import annotations

import os
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from i2dl_course import faults, manifest, sandbox
from i2dl_course.class_run import fingerprint
from i2dl_course.errors import CourseError
from i2dl_course.handins.failure import CommonFault, sentence
from i2dl_course.handins.opening import HandIn
from i2dl_course.judging.allowance import SECONDS_FOR_NOTEBOOKS
from i2dl_course.judging.assessment import Assessment, Execute
from i2dl_course.manifest import Course
from i2dl_course.reporting.outcome import Standing
from i2dl_course.verdicts import Judgement

if TYPE_CHECKING:
    from i2dl_course.judging.assessor import Assessor

PROCESSES_PER_JOB = 3  # a hand-in is taken up again twice when the process that had it has died
_SECONDS_TO_PASS_ON = 60  # for a hand-in or a result to cross the socket; it takes milliseconds
_SECONDS_TO_END = 10
# Seconds that a hand-in may take at the very most: twice all limits within, and time to start. Only
# something that these do not hold, or a computer that stands still, takes longer.
_TO_START, _MARGIN = 120, 2
# Not by -m: what is pickled must come from this module and not from one called __main__.
_PROGRAM = "from i2dl_course.class_run.grading_process import main; main()"


@dataclass(frozen=True)
class Setup:
    """How hand-ins are to be graded.

    `folder` is where the course kit is unpacked; `versions` are those that the process must have;
    `longest` are the seconds after which a process that has not answered is given up; `nice` is
    how much the process gives way to others, as the command of that name has it.
    """

    folder: str
    level: str | None
    execute: Execute
    seconds: float
    versions: dict[str, str]
    longest: float
    nice: int = 0


def setup_for(
    course: Course, level: str | None, execute: Execute, seconds: float, folder: str = ""
) -> Setup:
    """How the hand-ins of `course` are graded where its kit is unpacked in `folder`."""
    within = seconds * len(course.tasks) + SECONDS_FOR_NOTEBOOKS
    longest = _TO_START + _MARGIN * within
    return Setup(folder, level, execute, seconds, fingerprint.versions(), longest)


@dataclass(frozen=True)
class Job:
    """One hand-in to grade on the cases of `seed`; without a `standing`, by its verdict alone.

    With a `judgement` it is judged, and lacks its pages.
    """

    student: str
    handin: HandIn
    seed: int
    standing: Standing | None
    judgement: Judgement | None = None


@dataclass(frozen=True)
class JobResult:
    """What came of a job: an assessment, or else one sentence. `seconds` is wall time.

    `common` says that no hand-in could have been graded there, and not that of this job.
    """

    student: str
    assessment: Assessment | None
    problem: str
    seconds: float
    common: bool = False


class Engine(Protocol):
    """What grades jobs: a pool on this machine, or workers on others."""

    def results(self, jobs: Iterable[Job]) -> Iterator[JobResult]:
        """The result of each job as it comes in; `jobs` is drawn as there is room."""

    def close(self) -> None:
        """End what was started."""


class Died(Exception):
    """The process ended, or a message to it or from it has failed; how, where that is known."""


class TooSlow(Exception):
    """The process had a job for longer than its limit."""


class GradingProcess:
    """The parent's end. `job` is the one that the process is at.

    Raises CommonFault when it cannot be started.
    """

    def __init__(self, setup: Setup):
        self.job: Job | None = None
        self.deadline = 0.0
        self._setup = setup
        try:
            self.connection, self._process = self._start()
        except OSError as error:
            raise CommonFault(
                f"No process to grade in can be started ({error.strerror}); what has been recorded "
                "is kept, and the same command goes on from there."
            ) from None

    def _start(self) -> tuple[Connection, subprocess.Popen]:
        ours, theirs = socket.socketpair()
        with theirs:
            # A stopped process must not stop us in the middle of a message to it or from it.
            limit = struct.pack("ll", _SECONDS_TO_PASS_ON, 0)
            for option in (socket.SO_SNDTIMEO, socket.SO_RCVTIMEO):
                ours.setsockopt(socket.SOL_SOCKET, option, limit)
            process = subprocess.Popen(
                [sys.executable, "-P", "-c", _PROGRAM, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                env={
                    **os.environ,
                    **sandbox.ONE_THREAD,
                    "TMPDIR": str(Path(self._setup.folder).parent),
                },
            )
        connection = Connection(ours.detach())
        with suppress(OSError):  # it has ended, which begin() finds
            connection.send(self._setup)
        return connection, process

    @property
    def pid(self) -> int:
        return self._process.pid

    def begin(self, job: Job) -> None:
        """Hand over `job`. Raises Died."""
        self.job = job
        self.deadline = time.monotonic() + self._setup.longest
        try:
            self.connection.send(job)
        except OSError:
            raise Died from None
        except Exception as error:  # too large for a message, or for our memory
            raise Died(sentence(error, "it could not be handed over")) from None

    def finish(self) -> JobResult:
        """The result of the job, for which this waits. Raises Died and TooSlow."""
        try:
            if answered := self.connection.poll(max(0.0, self.deadline - time.monotonic())):
                result = self.connection.recv()
        except (EOFError, OSError):
            raise Died from None
        except Exception as error:
            raise Died(sentence(error, "its result could not be read")) from None
        if not answered:
            raise TooSlow
        self.job = None
        return result

    def kill(self) -> str:
        """End it at once, with the sandboxes that it has; how it ended, in words."""
        self._process.kill()
        code = self._process.wait()
        self.connection.close()
        return f"signal {-code}" if code < 0 else f"exit code {code}"

    def close(self) -> None:
        """Let it end by itself, as it does when nobody can send to it any more."""
        self.connection.close()
        try:
            self._process.wait(_SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            self.kill()


def too_slow(job: Job, setup: Setup) -> JobResult:
    """The result of a job whose process had to be given up."""
    return JobResult(
        job.student,
        None,
        f"was not done after {setup.longest:.0f} s, and was stopped; "
        "its limits should have ended it long before",
        setup.longest,
    )


def died(job: Job, how: str) -> JobResult:
    """The result of a job that has cost too many processes their life."""
    return JobResult(
        job.student,
        None,
        f"the process that graded it ended {PROCESSES_PER_JOB} times ({how}); "
        "is there memory enough?",
        0.0,
    )


class ReplacedProcess:
    """Grades one job after the other in a process that is replaced when it dies."""

    def __init__(self, setup: Setup):
        self._setup = setup
        self._process: GradingProcess | None = None

    def grade(self, job: Job) -> JobResult:
        """The result of `job`, after at most PROCESSES_PER_JOB processes."""
        how = ""
        for _ in range(PROCESSES_PER_JOB):
            try:
                self._process = self._process or GradingProcess(self._setup)
                self._process.begin(job)
                return self._process.finish()
            except Died as error:
                ended = self._give_up()
                how = str(error) or ended
            except TooSlow:
                self._give_up()
                return too_slow(job, self._setup)
        return died(job, how)

    def _give_up(self) -> str:
        process, self._process = self._process, None
        return process.kill() if process else "at its start"

    def close(self) -> None:
        """End the process."""
        if self._process:
            self._process.close()


# --- in the process itself -----------------------------------------------------------------------


def main() -> None:
    """Grade what comes until the parent hangs up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is the parent's to act on

    from i2dl_course.inside import enter

    if sys.platform == "linux":
        enter.call("prctl", enter.PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    connection = Connection(int(sys.argv[1]))
    kept: Assessor | None = None

    def assessor() -> Assessor:
        nonlocal kept
        kept = kept or _assessor(setup)
        return kept

    try:
        setup = connection.recv()
        os.nice(setup.nice)
        with suppress(Exception):  # it is raised again for the first hand-in, and told
            assessor().get_ready()
        while True:
            connection.send(grade(connection.recv(), assessor))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        pass
    finally:
        if kept:
            kept.close()


def grade(job: Job, assessor: Callable[[], Assessor]) -> JobResult:
    """The result of `job`: the assessment, or in one sentence whatever was raised on the way."""
    begun = time.monotonic()
    assessment, problem, common = None, "", True
    try:
        grader = assessor()
        common = False
        if job.standing is None:
            judgement = job.judgement or grader.judge(job.handin, job.seed)
            assessment = Assessment(judgement, {}, {}, tuple(job.handin.notes()))
        else:
            assessment = grader.assess(job.handin, job.seed, job.standing, job.judgement)
    except Exception as error:
        common = common or faults.is_common(error)
        if common and isinstance(error, OSError):
            problem = faults.told(error)
        else:
            problem = sentence(error, "could not be graded")
    return JobResult(job.student, assessment, problem, time.monotonic() - begun, common)


def _assessor(setup: Setup) -> Assessor:
    here = fingerprint.versions()
    if here != setup.versions:
        differ = ", ".join(
            f"{name} {here.get(name, 'none')[:12]} in place of {version[:12]}"
            for name, version in setup.versions.items()
            if here.get(name) != version
        )
        raise CourseError(
            f"{socket.gethostname()} would grade with {differ}; install there what is here, and do "
            "not change it while a class is graded."
        )
    trying = sandbox.Meanwhile(setup.level)
    from i2dl_course.judging.assessor import Assessor

    trying.wait()
    course = manifest.load(Path(setup.folder))
    try:
        return Assessor(course, setup.level, setup.execute, setup.seconds)
    except CourseError as error:  # of our copy, which will be gone when this is read
        raise CourseError(str(error).replace(setup.folder, "the course")) from None
