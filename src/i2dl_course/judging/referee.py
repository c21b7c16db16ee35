"""The referee: judges a hand-in by the checks of the notebooks, while its code runs elsewhere.

The checks, the cases and the verdicts are in this process; the student's code is in the worker's.
The referee hands the checks a `Submission` of proxies: each call crosses to the worker as arrays
and comes back as arrays (wire.py). So whatever the student's code does to its own process, it can
change its own answers only. A worker that is dead, silent, endless or lying is a StudentError to
the check that asked, hence a failed verdict for that task; the next task gets a fresh worker.
"""

import importlib
import math
import secrets
import shutil
import sys
import tempfile
import time
import warnings
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from weakref import WeakValueDictionary

import numpy as np

from i2dl_course import sandbox
from i2dl_course.handins.opening import HandIn
from i2dl_course.inside import INSIDE, wire
from i2dl_course.judging.line import TIME_LIMIT, Line, LineBroken, LineEnded
from i2dl_course.manifest import Course, CourseError

SECONDS_PER_TASK = 8.0  # for all calls of one check: the reference needs 0.02 s, loops 0.2 s
# The notebook draws every case twice, so that its numbers cannot be learnt by heart. Ours are drawn
# afresh for each run, which has the same effect, and each mutant falls at the first draw.
ROUNDS = 1
# A process may be ended from outside, by a person or for want of memory. An end that is the doing
# of the student's code comes again.
TRIES = 2
SECONDS_TO_START = 30.0  # importing NumPy from a cold disk, on a busy computer


@dataclass(frozen=True)
class TaskVerdict:
    """The verdict on one task; the fields of ``course judge --json``, in that order."""

    name: str
    points: float
    max_points: int
    passed: bool
    says: str
    cause: str | None
    hint: str


@dataclass(frozen=True)
class Judgement:
    """The verdicts on one hand-in, and how they were reached."""

    verdicts: dict[str, TaskVerdict]
    pass_mark: int
    sandbox: str
    seed: int

    @property
    def score(self) -> float:
        return sum(verdict.points for verdict in self.verdicts.values())

    @property
    def max_score(self) -> int:
        return sum(verdict.max_points for verdict in self.verdicts.values())

    @property
    def bonus(self) -> bool:
        return self.score >= self.pass_mark

    def as_json(self) -> dict:
        """The one object of ``course judge --json``."""
        return {
            "score": self.score,
            "max_score": self.max_score,
            "bonus": self.bonus,
            "sandbox": self.sandbox,
            "seed": self.seed,
            "tasks": [asdict(verdict) for verdict in self.verdicts.values()],
        }


@cache
def checks_of(root: Path) -> ModuleType:
    """The package exercise_code.tests of the course at `root`.

    `root` is on sys.path only while it is imported. Student code is never imported here, and the
    two modules a student writes are stubs there, which nothing asks for.
    """
    sys.path.insert(0, str(root))
    try:
        module = importlib.import_module("exercise_code.tests")
    except ImportError as error:
        raise CourseError(f"The checks cannot be imported from {root}: {error}.") from None
    finally:
        sys.path.remove(str(root))
    if not Path(module.__file__).resolve().is_relative_to(root.resolve()):
        raise CourseError(
            f"The checks were imported from {module.__file__} and not from {root}; "
            "run the command in a process of its own."
        )
    return module


def judge(
    handin: HandIn,
    course: Course,
    seed: int | None = None,
    seconds: float = SECONDS_PER_TASK,
    launch: sandbox.Launcher | None = None,
) -> Judgement:
    """Judge one `handin`; see Referee, which judges many."""
    with Referee(course, launch or sandbox.launcher(), seconds) as referee:
        return referee.judge(handin, seed)


class Referee:
    """Judges hand-ins one after the other, each in a worker of its own. Close it after use.

    Parameters
    ----------
    course : Course
    launch : sandbox.Launcher
        Starts the workers. It is not closed with the referee.
    seconds : float
        Time limit of one task: of all calls of the student's functions in its check.
    """

    def __init__(self, course: Course, launch: sandbox.Launcher, seconds: float = SECONDS_PER_TASK):
        self._course = course
        self._checks = checks_of(course.root)
        self._launch = launch
        self._seconds = seconds
        self._drawn: tuple[int, dict[str, list]] | None = None
        self._temporary = tempfile.TemporaryDirectory(prefix="i2dl-judge-")
        self._folder = Path(self._temporary.name)
        _furnish(self._folder, course)

    def judge(self, handin: HandIn, seed: int | None = None) -> Judgement:
        """Judge `handin` on cases drawn from `seed`; without one, a fresh seed is drawn.

        Raises CourseError when no worker can be had: that is no fault of the student's, and no
        verdict.
        """
        seed = secrets.randbits(48) if seed is None else seed
        drawn = self._cases(seed)
        verdicts = {}
        with Bench(
            self._launch,
            self._folder,
            handin,
            self._course,
            self._checks.StudentError,
            self._seconds,
        ) as bench:
            for task in self._course.tasks:
                verdicts[task.name] = self._verdict(task, bench, drawn[task.name])
        return Judgement(verdicts, self._course.exercise.pass_mark, self._launch.level, seed)

    def _cases(self, seed):
        """The cases of each task; kept, because a class is judged on the same ones."""
        if self._drawn is None or self._drawn[0] != seed:
            drawn = {}
            for number, task in enumerate(self._course.tasks):
                rng = np.random.default_rng([seed, number])
                drawn[task.name] = self._checks.CHECKS[task.name].draw(rng, ROUNDS)
            for cases in (cases for rounds in drawn.values() for cases in rounds):
                _protect(cases)
            self._drawn = seed, drawn
        return self._drawn[1]

    def _verdict(self, task, bench, drawn):
        check = self._checks.CHECKS[task.name]
        for _ in range(TRIES):
            worker = bench.worker()
            submission = proxies(worker, self._checks.Submission)
            verdict = check.run(submission, seconds=math.inf, drawn=drawn)  # we watch the time
            if not worker.ended:
                break
        return TaskVerdict(
            name=task.name,
            points=float(verdict.points),
            max_points=task.points,
            passed=bool(verdict.passed),
            says=verdict.says,
            cause=verdict.cause,
            hint=verdict.hint or "",
        )

    def close(self) -> None:
        """Remove the folder that the workers see."""
        self._temporary.cleanup()

    def __enter__(self) -> "Referee":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _protect(cases) -> None:
    """Make the cases' arrays read-only: all of a class are judged on them."""
    for case in cases:
        for value in vars(case).values():
            for array in value.values() if isinstance(value, dict) else [value]:
                if isinstance(array, np.ndarray):
                    array.flags.writeable = False


def _furnish(folder: Path, course: Course) -> None:
    """Put into `folder` what a worker needs: its program, and the given package without checks.

    Of exercise_code.tests there is what wraps a student's functions, and numeric_gradient for a
    student who imports it; the other formulas for the same functions are not there to be called.
    """
    for name in ("worker.py", "wire.py"):
        shutil.copy(INSIDE / name, folder / name)
    given = course.root / "exercise_code"
    package = folder / sandbox.SKELETON / "exercise_code"
    shutil.copytree(given, package, ignore=shutil.ignore_patterns("__pycache__", "*.pyc", ".*"))
    for name in course.handin.files:
        (package.parent / name).unlink(missing_ok=True)
    shutil.rmtree(package / "tests")
    (package / "tests").mkdir()
    for name in ("calling.py", "submission.py", "gradients.py"):
        shutil.copy(given / "tests" / name, package / "tests" / name)
    shutil.copy(INSIDE / "tests_in_worker.py", package / "tests" / "__init__.py")


class Bench:
    """A student's hand-in, and a worker that runs it: another one when an earlier one has ended."""

    def __init__(self, launch, folder, handin, course, student_error, seconds):
        self._start = lambda: Connection(launch, folder, student_error, seconds)
        self._files = {
            name: handin.files[name] for name in course.handin.files if name in handin.files
        }
        self._worker = None

    def worker(self) -> "Connection":
        """A worker that has the hand-in."""
        for _ in range(TRIES):
            try:
                if self._worker is None or not self._worker.alive:
                    self._worker = self._start()
                    self._worker.load(self._files)
                break
            except CourseError as error:
                failure = error
        else:
            raise failure
        self._worker.renew()
        return self._worker

    def __enter__(self) -> "Bench":
        return self

    def __exit__(self, *_: object) -> None:
        if self._worker is not None:
            self._worker.close()


class Connection:
    """The referee's line to one worker. All that can fail there is a StudentError.

    `seconds` is the time limit of all calls together that follow a renew(). `ended` says whether
    the process has ended in the middle of a call.
    """

    def __init__(self, launch, folder, student_error, seconds):
        self._error = student_error
        self._seconds = self._left = seconds
        self.released: list[int] = []
        self.results: WeakValueDictionary[int, np.ndarray] = WeakValueDictionary()
        self.ended = False
        argv = [sys.executable, "-I", "-B", str(folder / "worker.py")]
        self._line = Line(launch(argv, folder))

    @property
    def alive(self):
        """Whether more can be asked."""
        return self._line.open

    def load(self, files):
        """Give the worker the student's files, and wait until it has them. Nothing of them is run
        yet, so a failure is ours, and its time is not taken off the student's."""
        blobs = [np.frombuffer(content, np.uint8) for content in files.values()]
        try:
            self._line.ask({"op": "load", "files": list(files)}, blobs, SECONDS_TO_START)
        except LineBroken as error:
            self.close()
            raise CourseError(
                f"The process for a student's code did not start ({error.message}): nothing was "
                "judged; `course doctor` says what this computer offers."
            ) from None

    def renew(self):
        """Begin with a new task, which has a time limit of its own."""
        self._left = self._seconds

    def close(self):
        """Kill the worker, with everything that it has started."""
        self._line.close()

    def ask(self, op, blobs=(), **request):
        """Send one request and return the header and the arrays of its answer.

        Raises StudentError for what the student's code raised, and for every other way in which no
        right answer came.
        """
        if not self.alive:
            raise self._error("NoAnswer", "an earlier call ended the process that runs your code")
        released, self.released[:] = list(self.released), []
        begun = time.monotonic()
        try:
            answer, arrays = self._line.ask(
                {"op": op, **request, "release": released}, blobs, self._left
            )
        except LineBroken as error:
            self.close()
            self.ended = isinstance(error, LineEnded)
            message = error.message
            if error.kind == TIME_LIMIT:
                message = f"no answer within {self._seconds:g} seconds"
            raise self._error(error.kind, message) from None
        except BaseException:  # nobody knows what the worker says next
            self.close()
            raise
        self._left -= time.monotonic() - begun
        if "error" in answer:
            raise self._student_error(answer["error"])
        return answer, arrays

    def _student_error(self, described):
        if not isinstance(described, dict):
            self.close()
            return self._error("NoAnswer", "the answer cannot be read")

        def text(key):
            value = described.get(key)
            return value[: wire.MAX_TEXT] if isinstance(value, str) else None

        line = described.get("line")
        return self._error(
            text("kind") or "Exception",
            text("message") or "",
            file=text("file"),
            line=line if isinstance(line, int) and 0 < line < 10**6 else None,
            text=text("text"),
        )

    # --- calls --------------------------------------------------------------------------------

    def call(self, name, *arguments):
        """Call the student's function `name`; what it changed in place is changed here, too."""
        blobs: list[np.ndarray] = []
        packed = [wire.pack(argument, blobs) for argument in arguments]
        answer, arrays = self.ask("call", blobs, name=name, args=packed)
        self.copy_back(answer.get("changed"), dict(enumerate(arguments)), arrays)
        self.copy_back(answer.get("overwritten"), self.results, arrays)
        self.warn(answer.get("warnings"))
        return self.value(answer, arrays)

    def value(self, answer, arrays):
        """The value of an answer. Its arrays can be changed by later calls, as in one process."""
        first = answer.get("first")
        if isinstance(first, int):
            self.results.update(enumerate(arrays, start=first))
        try:
            return wire.unpack(answer.get("value"), arrays, self._handle)
        except wire.WireError as error:
            self.close()
            raise self._error("NoAnswer", str(error)) from None

    def _handle(self, number):
        return wire.Handle(number, self.released)

    def copy_back(self, changes, targets, arrays):
        """Copy arrays that the student's code changed in place into the caller's own."""
        try:
            for key, packed in () if changes is None else changes:
                target, new = targets.get(key), wire.unpack(packed, arrays)
                if target is None:  # nobody holds it any more
                    continue
                if new.size != target.size:
                    raise wire.WireError("an array that was changed in place has another size")
                with np.errstate(all="ignore"):
                    np.copyto(target, new.reshape(target.shape), casting="unsafe")
        except (wire.WireError, LookupError, TypeError, ValueError, AttributeError) as error:
            self.close()
            raise self._error("NoAnswer", f"an array cannot be copied back: {error}") from None

    def warn(self, messages):
        """Repeat the warnings of the student's code here, where the check listens."""
        if not isinstance(messages, list):
            return
        for message in messages[:20]:
            if isinstance(message, str):
                warnings.warn(message[: wire.MAX_TEXT], RuntimeWarning, stacklevel=3)


class NetProxy:
    """Stands for the student's network; `params` are arrays here, sent along with every call."""

    def __init__(self, connection, params):
        self._connection = connection
        self.params = {name: np.array(array) for name, array in params.items()}
        self._net, self._ours = None, params
        blobs: list[np.ndarray] = []
        answer, arrays = connection.ask("net", blobs, params=wire.pack(self.params, blobs))
        self._net = connection.value(answer, arrays)
        if not isinstance(self._net, wire.Handle):
            raise connection._error("NoAnswer", "the network was not made")
        connection.copy_back(answer.get("params"), self.params, arrays)

    def forward(self, X):
        return self._through("forward", X)

    def backward(self, dy):
        return self._through("backward", dy)

    def _through(self, direction, array):
        blobs: list[np.ndarray] = []
        packed = wire.pack(self.params, blobs)
        arguments = [wire.pack(array, blobs)]
        answer, arrays = self._connection.ask(
            direction, blobs, name=self._net.number, params=packed, args=arguments
        )
        self._connection.copy_back(answer.get("changed"), {0: array}, arrays)
        self._connection.copy_back(answer.get("params"), self.params, arrays)
        self._connection.copy_back(answer.get("overwritten"), self._connection.results, arrays)
        self._connection.warn(answer.get("warnings"))
        return self._connection.value(answer, arrays)


def proxies(connection, submission):
    """A Submission whose functions run in the worker."""

    def function(name):
        return lambda *arguments: connection.call(name, *arguments)

    return submission(
        affine_forward=function("affine_forward"),
        affine_backward=function("affine_backward"),
        sigmoid_forward=function("sigmoid_forward"),
        sigmoid_backward=function("sigmoid_backward"),
        two_layer_net=lambda params: NetProxy(connection, params),
    )
