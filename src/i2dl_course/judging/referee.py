"""The referee: judges a hand-in by the checks of the notebooks, while its code runs elsewhere.

The checks, the cases and the verdicts are in this process; the student's code is in the worker's.
The referee hands the checks a `Submission` of proxies: each call crosses to the worker as arrays
and comes back as arrays (wire.py). So whatever the student's code does to its own process, it can
change its own answers only. A worker that is dead, silent, endless or lying is a StudentError to
the check that asked, hence a failed verdict for that task; the next task gets a fresh worker.
"""

from __future__ import annotations

import math
import secrets
import time
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from i2dl_course import sandbox
from i2dl_course.errors import CourseError
from i2dl_course.handins.opening import HandIn
from i2dl_course.judging.ahead import Question
from i2dl_course.judging.allowance import SECONDS_PER_TASK, Allowance
from i2dl_course.judging.line import STARTS
from i2dl_course.judging.remote import Bench, proxies
from i2dl_course.judging.sandbox_folder import WorkerFolder
from i2dl_course.manifest import Course, Task
from i2dl_course.package import checks_of
from i2dl_course.verdicts import Judgement, TaskVerdict

# The notebook draws every case twice, so that its numbers cannot be learnt by heart. Ours are drawn
# afresh for each run, which has the same effect, and each mutant falls at the first draw.
ROUNDS = 1


def judge(
    handin: HandIn,
    course: Course,
    seed: int | None = None,
    seconds: float = SECONDS_PER_TASK,
    launch: sandbox.Launcher | None = None,
    folder: WorkerFolder | None = None,
) -> Judgement:
    """Judge one `handin`; see Referee, which judges many."""
    with Referee(course, launch or sandbox.launcher(), seconds, folder=folder) as referee:
        return referee.judge(handin, seed)


class Referee:
    """Judges hand-ins one after the other, each in a worker of its own. Close it after use.

    Parameters
    ----------
    course : Course
    launch : sandbox.Launcher
        Starts the workers. It is not closed with the referee.
    seconds : float
        Time limit of one task: of all calls of the student's functions in its check. All tasks
        together have so much for each of them, however often a worker has to be started.
    clock : callable
        Gives seconds, as time.monotonic does.
    look_ahead : bool
        Whether questions are sent ahead (ahead.py).
    folder : WorkerFolder, optional
        What the workers see; by default a new one. It is closed with the referee.
    """

    def __init__(
        self,
        course: Course,
        launch: sandbox.Launcher,
        seconds: float = SECONDS_PER_TASK,
        clock: Callable[[], float] = time.monotonic,
        look_ahead: bool = True,
        folder: WorkerFolder | None = None,
    ):
        self._course = course
        self._checks = checks_of(course)
        self._launch = launch
        self._seconds = seconds
        self._clock = clock
        self._look_ahead = look_ahead
        self._drawn: tuple[int, dict[str, list]] | None = None
        self._known: dict[str, list[Question]] = {}  # what a right hand-in is asked, by task
        self._folder = folder or WorkerFolder(course)

    def get_ready(self) -> None:
        """Do what can be done before there is a hand-in. Raises CourseError."""
        self._launch.get_ready(self._folder.program, self._folder.path)

    def judge(self, handin: HandIn, seed: int | None = None) -> Judgement:
        """Judge `handin` on cases drawn from `seed`; without one, a fresh seed is drawn.

        Raises CourseError when no worker can be had: that is no fault of the student's, and no
        verdict.
        """
        seed = secrets.randbits(48) if seed is None else seed
        drawn = self._cases(seed)
        with Bench(
            lambda: self._launch(self._folder.program, self._folder.path),
            handin,
            self._course,
            self._checks.StudentError,
            Allowance(self._seconds, self._seconds * len(self._course.tasks), self._clock),
        ) as bench:
            tasks = self._course.tasks
            found = [(task, self._verdict(task, bench, drawn[task.name])) for task in tasks]
            # Afterwards, so that no verdict waits for it or gets less time.
            traced = [(task, self._traced(task, bench, verdict)) for task, verdict in found]
        verdicts = {task.name: TaskVerdict.of(task, verdict) for task, verdict in traced}
        return Judgement(verdicts, self._course.exercise.pass_mark, self._launch.level, seed)

    def _cases(self, seed: int) -> dict[str, list]:
        """The cases of each task; kept, because a class is judged on the same ones."""
        if self._drawn is None or self._drawn[0] != seed:
            drawn = {}
            for number, task in enumerate(self._course.tasks):
                rng = np.random.default_rng([seed, number])
                drawn[task.name] = self._checks.CHECKS[task.name].draw(rng, ROUNDS)
            for cases in (cases for rounds in drawn.values() for cases in rounds):
                _protect(cases)
            self._drawn, self._known = (seed, drawn), {}
        return self._drawn[1]

    def _verdict(self, task: Task, bench: Bench, drawn: list) -> Any:
        verdict, strayed = self._judge(task, bench, drawn, self._look_ahead)
        if strayed:
            again, _ = self._judge(task, bench, drawn, look_ahead=False)
            if again.passed == verdict.passed:  # no second chance for who answers by chance
                verdict = again
        return verdict

    def _traced(self, task: Task, bench: Bench, verdict: Any) -> Any:
        """The same, and where in the code the mistake is, if one change mends it."""
        if verdict.line is None and not verdict.unexplained:
            return verdict
        try:
            worker = bench.worker()
        except CourseError:  # the verdict stands without it
            return verdict
        worker.questions.begin(None)
        check = self._checks.CHECKS[task.name]
        return check.traced(verdict, proxies(worker, self._checks), math.inf)

    def _judge(self, task: Task, bench: Bench, drawn: list, look_ahead: bool) -> tuple[Any, bool]:
        """The check's verdict, and whether calls that it did not ask for may have a part in it."""
        check = self._checks.CHECKS[task.name]
        for _ in range(STARTS):
            questions = (worker := bench.worker()).questions
            questions.begin(self._known.get(task.name, ()) if look_ahead else None)
            submission = proxies(worker, self._checks)
            verdict = check.run(submission, seconds=math.inf, drawn=drawn)  # we watch the time
            if not worker.ended:
                break
            look_ahead = False
        if verdict.passed and questions.learnt:
            self._known[task.name] = questions.learnt
        return verdict, questions.strayed

    def close(self) -> None:
        """Remove the folder that the workers see."""
        self._folder.close()

    def __enter__(self) -> Referee:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _protect(cases: Iterable[object]) -> None:
    """Make the cases' arrays read-only: all of a class are judged on them."""
    for case in cases:
        for value in vars(case).values():
            for array in value.values() if isinstance(value, dict) else [value]:
                if isinstance(array, np.ndarray):
                    array.flags.writeable = False
