"""A student's functions as they look from here: proxies, whose calls run in a sandboxed worker.

Each call crosses to the worker as arrays and comes back as arrays (wire.py). A worker that is dead,
silent, endless or lying is a StudentError to whoever called.
"""

from __future__ import annotations

import builtins
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from types import ModuleType
from typing import Any
from weakref import WeakValueDictionary

import numpy as np

from i2dl_course.errors import CourseError
from i2dl_course.handins.opening import HandIn
from i2dl_course.inside import wire
from i2dl_course.judging.ahead import Questions
from i2dl_course.judging.allowance import MAX_ANSWER, MAX_ANSWERS, Allowance
from i2dl_course.judging.line import (
    STARTS,
    TIME_LIMIT,
    Line,
    LineBroken,
    LineEnded,
)
from i2dl_course.manifest import Course
from i2dl_course.sandbox import SandboxedProcess


class Bench:
    """A student's hand-in, and a worker that runs it: another one when an earlier one has ended."""

    def __init__(
        self,
        launch: Callable[[], SandboxedProcess],
        handin: HandIn,
        course: Course,
        student_error: Callable[..., Exception],
        allowance: Allowance,
    ):
        self._start = lambda: WorkerConnection(launch(), student_error, allowance)
        self._allowance = allowance
        self._files = {
            name: handin.files[name] for name in course.handin.files if name in handin.files
        }
        self._worker: WorkerConnection | None = None

    def worker(self) -> WorkerConnection:
        """A worker that has the hand-in, for a task that begins now."""
        self._allowance.stop()
        for _ in range(STARTS):
            try:
                worker = self._worker
                if worker is None or not worker.alive:
                    worker = self._worker = self._start()
                    worker.load(self._files)
                break
            except CourseError as error:
                failure = error
        else:
            raise CourseError(
                f"{failure} So nothing was judged; `course doctor` says what this computer offers."
            ) from None
        worker.afresh = True
        self._allowance.begin()
        return worker

    def __enter__(self) -> Bench:
        return self

    def __exit__(self, *_: object) -> None:
        if self._worker is not None:
            self._worker.close()


class WorkerConnection:
    """The referee's line to one worker. All that can fail there is a StudentError.

    `ended` says whether the process has ended in the middle of a call. While `afresh` is set, the
    next request runs the student's files once more: nothing in them outlives a task.
    """

    def __init__(
        self,
        process: SandboxedProcess,
        student_error: Callable[..., Exception],
        allowance: Allowance,
    ):
        self._error = student_error
        self._allowance = allowance
        self.released: list[int] = []
        self.results: WeakValueDictionary[int, np.ndarray] = WeakValueDictionary()
        self.ended = False
        self.afresh = True
        self._line = Line(process)
        self.questions = Questions(self._line, self._note_dropped)

    @property
    def alive(self) -> bool:
        """Whether more can be asked."""
        return self._line.open

    def load(self, files: Mapping[str, bytes]) -> None:
        """Give the worker the student's files; their time is not taken off the student's."""
        self._line.load(files)

    def close(self) -> None:
        """Kill the worker, with everything that it has started."""
        self._line.close()

    def ask(
        self, op: str, blobs: Sequence[np.ndarray] = (), **request: object
    ) -> tuple[dict, list[np.ndarray]]:
        """Send one request and return the header and the arrays of its answer.

        Raises StudentError for what the student's code raised, and for every other way in which no
        right answer came.
        """
        if not self.alive:
            raise self._error("NoAnswer", "an earlier call ended the process that runs your code")
        if not self._are_ours(blobs, request.get("args", ())):
            self.questions.learnt = None
        released, self.released[:] = list(self.released), []
        afresh, self.afresh = self.afresh, False
        try:
            answer, arrays = self.questions.ask(
                {"op": op, **request, "fresh": afresh},
                blobs,
                released,
                self._allowance.left(),
                MAX_ANSWER,
            )
        except LineBroken as error:
            self.close()
            self.ended = isinstance(error, LineEnded) or self.questions.spoilt
            message = self._allowance.time_is_up() if error.kind == TIME_LIMIT else error.message
            raise self._error(error.kind, message) from None
        except BaseException:  # nobody knows what the worker says next
            self.close()
            raise
        self._take(arrays)
        if "error" in answer:
            self.questions.learnt = None
            raise self._student_error(answer["error"])
        return answer, arrays

    def _take(self, arrays: Sequence[np.ndarray]) -> None:
        if not self._allowance.take(sum(array.nbytes for array in arrays)):
            self.close()
            together = f"the arrays of all answers together are larger than {MAX_ANSWERS >> 20} MB"
            raise self._error("NoAnswer", together)

    def _note_dropped(self, answer: dict, arrays: list[np.ndarray]) -> None:
        """What is kept for an answer that nobody wants is released with the next question."""
        self._take(arrays)
        if "error" not in answer:
            self.value(answer, arrays)

    def _are_ours(self, blobs: Sequence[np.ndarray], arguments: Any) -> bool:
        """Whether nothing in a question is what the student's code has returned."""
        return (
            self.questions.learnt is None
            or all(kind in ("array", "handle") for kind, *_ in arguments)
            and not any(
                np.may_share_memory(blob, result)
                for result in self.results.values()
                for blob in blobs
            )
        )

    def _student_error(self, described: object) -> Exception:
        if not isinstance(described, dict):
            self.close()
            return self._error("NoAnswer", "the answer cannot be read")

        def text(key: str) -> str | None:
            value = described.get(key)
            return value[: wire.MAX_TEXT] if isinstance(value, str) else None

        line = described.get("line")
        return self._error(
            text("kind") or "Exception",
            text("message") or "",
            file=text("file"),
            line=line if isinstance(line, int) and 0 < line < 10**6 else None,
            text=text("text"),
            caller=text("caller"),
        )

    # --- calls --------------------------------------------------------------------------------

    def call(self, name: str, *arguments: Any) -> Any:
        """Call the student's function `name`; what it changed in place is changed here, too."""
        blobs: list[np.ndarray] = []
        packed = [wire.pack(argument, blobs) for argument in arguments]
        answer, arrays = self.ask("call", blobs, name=name, args=packed)
        self.copy_back(answer.get("changed"), dict(enumerate(blobs)), arrays)
        self.copy_back(answer.get("overwritten"), self.results, arrays)
        self.warn(answer.get("warnings"))
        return self.value(answer, arrays)

    def change(
        self, file: str, names: Sequence[str], line: int | None
    ) -> tuple[str, int, str, int] | None:
        """Have the worker change the file in another way; as its Change, or None."""
        answer, _ = self.ask("change", file=file, names=list(names), line=line)
        return _change_in(answer)

    def step(self, file: str, names: Sequence[str]) -> tuple[str, int, str, int] | None:
        """Have the worker go to the next step of the file; as its Change, or None."""
        answer, _ = self.ask("step", file=file, names=list(names))
        return _change_in(answer)

    def give(self, array: np.ndarray) -> None:
        """Put an array in the place of that step: all that is called from now on has it."""
        self.ask("given", [array])

    def value(self, answer: dict, arrays: list[np.ndarray]) -> Any:
        """The value of an answer. Its arrays can be changed by later calls, as in one process."""
        first = answer.get("first")
        if isinstance(first, int):
            for number, array in enumerate(arrays, start=first):
                self.results[number] = array
        try:
            return wire.unpack(answer.get("value"), arrays, self._handle)
        except wire.WireError as error:
            self.close()
            raise self._error("NoAnswer", str(error)) from None

    def _handle(self, number: int) -> wire.Handle:
        if number != self.questions.kept + 1:
            self.questions.learnt = None
        self.questions.kept = max(number, self.questions.kept)
        return wire.Handle(number, self.released)

    def copy_back(self, changes: Any, targets: Mapping, arrays: list[np.ndarray]) -> None:
        """Do to the caller's own arrays what the student's code did to them in place."""
        if not changes:
            return
        try:
            if len(changes) > wire.MAX_ITEMS:
                raise wire.WireError(f"there are more than {wire.MAX_ITEMS} of them")
            for key, packed in changes:
                target, new = targets.get(key), wire.unpack(packed, arrays)
                if target is None:  # nobody holds it any more
                    continue
                self.questions.learnt = None
                _become(target, new)
        except (wire.WireError, LookupError, TypeError, ValueError, AttributeError) as error:
            self.close()
            raise self._error("NoAnswer", f"an array cannot be copied back: {error}") from None

    def warn(self, messages: object) -> None:
        """Repeat the warnings of the student's code here, where the check listens."""
        if not isinstance(messages, list):
            return
        for told in messages[:20]:
            if isinstance(told, list) and len(told) == 2 and all(isinstance(x, str) for x in told):
                kind, message = told
                warnings.warn(message[: wire.MAX_TEXT], _warning(kind), stacklevel=3)


def _change_in(answer: dict) -> tuple[str, int, str, int] | None:
    match answer.get("change"):
        case [str(kind), int(line), str(piece), int(nth)] if 0 < line < 10**6:
            return kind, line, piece, nth
    return None


def _warning(kind: str) -> type[Warning]:
    """The kind of warning of that name, or one made up that has it."""
    known = getattr(builtins, kind, None)
    if isinstance(known, type) and issubclass(known, Warning):
        return known
    return type(kind[:40] if kind.isidentifier() else "Warning", (Warning,), {})


def _become(target: np.ndarray, new: object) -> None:
    """Make `target`, in place, what `new` is in shape, type and content.

    Where that cannot be done without taking its memory from under others, it is filled with NaN (or
    with other numbers): whoever compares it sees that it is not what it was.
    """
    array = new if type(new) is np.ndarray else np.empty(0)
    if (target.shape, target.dtype) != (array.shape, array.dtype):
        if target.nbytes != array.nbytes or not target.flags.c_contiguous:
            target[...] = np.nan if target.dtype.kind in "fc" else ~target
            return
        with warnings.catch_warnings():  # there is no other way to do in place what a student did
            warnings.simplefilter("ignore", DeprecationWarning)
            target.shape = (target.size,)
            target.dtype = array.dtype  # type: ignore[misc]
            target.shape = array.shape
    np.copyto(target, array)


class ModelProxy:
    """Stands for an object of a student's class; `params` are arrays here, sent with every call."""

    def __init__(
        self, connection: WorkerConnection, declared: Any, params: Mapping[str, np.ndarray]
    ):
        self._connection = connection
        self._methods = declared.methods
        self.params = {name: np.array(array) for name, array in params.items()}
        blobs: list[np.ndarray] = []
        answer, arrays = connection.ask(
            "make", blobs, name=declared.name, params=wire.pack(self.params, blobs)
        )
        self._model = connection.value(answer, arrays)
        if not isinstance(self._model, wire.Handle):
            raise connection._error("NoAnswer", f"no {declared.name} was made")
        connection.copy_back(answer.get("params"), self.params, arrays)

    def __getattr__(self, method: str) -> Callable[..., Any]:
        if method not in self._methods:
            raise AttributeError(method)
        return partial(self._call, method)

    def _call(self, method: str, *arguments: Any) -> Any:
        blobs: list[np.ndarray] = []
        params = wire.pack(self.params, blobs)
        packed = [wire.pack(argument, blobs) for argument in arguments]
        answer, arrays = self._connection.ask(
            "method", blobs, name=method, model=self._model.number, params=params, args=packed
        )
        self._connection.copy_back(answer.get("changed"), dict(enumerate(blobs)), arrays)
        self._connection.copy_back(answer.get("params"), self.params, arrays)
        self._connection.copy_back(answer.get("overwritten"), self._connection.results, arrays)
        self._connection.warn(answer.get("warnings"))
        return self._connection.value(answer, arrays)


def proxies(connection: WorkerConnection, checks: ModuleType) -> Any:
    """A Submission of the package `checks` whose functions run in the worker."""

    def proxy(declared: Any) -> Callable[..., Any]:
        if isinstance(declared, checks.Model):
            return lambda params: ModelProxy(connection, declared, params)
        return lambda *arguments: connection.call(declared.name, *arguments)

    def proxied(**others: Callable[..., Any]) -> Any:
        return checks.Submission(*map(proxy, checks.declaration.CALLABLES), **others)

    def changed(
        file: str, names: Sequence[str], line: int | None = None
    ) -> Iterator[tuple[tuple, Any]]:
        while change := connection.change(file, names, line):
            yield change, proxied()

    def stepped(file: str, names: Sequence[str]) -> Iterator[tuple[tuple, Callable]]:
        while step := connection.step(file, names):
            yield step, put

    def put(array: np.ndarray) -> Any:
        connection.give(array)
        return proxied()

    return proxied(changed=changed, stepped=stepped)
