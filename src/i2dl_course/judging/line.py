"""The trusted end of the line to a sandboxed process: one question, one answer, in time."""

from __future__ import annotations

import fcntl
import os
import secrets
import select
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeVar

import numpy as np

from i2dl_course import sandbox
from i2dl_course.errors import CourseError
from i2dl_course.inside import wire

NO_ANSWER, TIME_LIMIT = "NoAnswer", "TimeLimit"
# How often a process is started for the same work: it may be ended from outside, by a person or for
# want of memory. An end that is the doing of the code in it comes again.
STARTS = 2
_PIPE = 1 << 18  # bytes; the system's own quarter of it makes more messages of what a net is asked
SECONDS_TO_START = 30.0  # importing NumPy from a cold disk, on a busy computer


A = TypeVar("A")


class LineBroken(Exception):
    """No right answer came; nothing that the process says can be trusted to belong to a question.

    `kind` is TIME_LIMIT or NO_ANSWER, and `message` says more.
    """

    def __init__(self, kind: str, message: str):
        super().__init__(message)
        self.kind = kind
        self.message = message


class LineEnded(LineBroken):
    """The process has ended, of itself or by somebody else's doing."""

    def __init__(self) -> None:
        super().__init__(NO_ANSWER, "the process that runs your code ended")


def _room(descriptor: int) -> int:
    """Bytes that a pipe surely holds: it is filled by pages, of which more than half is used."""
    try:
        with suppress(OSError):  # all pipes of a user together have a limit
            fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, _PIPE)
        return fcntl.fcntl(descriptor, fcntl.F_GETPIPE_SZ) // 2
    except (AttributeError, OSError):  # macOS does not say
        return 0


class Line:
    """Asks the process that a launcher has started; close it after use."""

    def __init__(self, process: sandbox.SandboxedProcess):
        self._process = process
        for descriptor in (process.to_worker, process.from_worker):
            os.set_blocking(descriptor, False)
        self._writable, self._readable = select.poll(), select.poll()  # select knows 1024 only
        self._writable.register(process.to_worker, select.POLLOUT)
        self._readable.register(process.from_worker, select.POLLIN)
        self._deadline = 0.0
        self._read = wire.Buffered(self._receive).read
        self.open = True
        self.room = _room(process.to_worker)

    def ask(
        self,
        request: dict,
        blobs: Sequence[np.ndarray],
        seconds: float,
        most: int = wire.MAX_BLOBS,
    ) -> tuple[dict, list[np.ndarray]]:
        """Ask, and return the header and the arrays, of at most `most` bytes, of the answer.

        Raises LineBroken.
        """
        files = map(wire.array_to_npy, blobs)
        (asked,) = self.send((wire.template(one, tuple(files)) for one in [request]), seconds)
        return self.receive(asked, seconds, most)

    def send(self, questions: Iterable[tuple[bytes, bytes]], seconds: float) -> list[str]:
        """Send requests, as wire.template gives them; the ids by which to receive their answers.

        All that waits for an answer must be less than `room` bytes, or both sides may come to wait
        for each other. Raises LineBroken, also for a WireError of whatever gives the questions.
        """
        return self._within(seconds, self._send, questions)

    def _send(self, questions: Iterable[tuple[bytes, bytes]]) -> list[str]:
        ids: list[str] = []
        parts: list[bytes] = []
        for before, after in questions:
            ids.append(secrets.token_hex(wire.ID_BYTES))
            parts += (before, ids[-1].encode(), after)
        rest = memoryview(b"".join(parts))
        while rest:
            self._wait(self._writable)
            rest = rest[os.write(self._process.to_worker, rest[: 1 << 16]) :]
        return ids

    def receive(
        self, asked: str, seconds: float, most: int = wire.MAX_BLOBS
    ) -> tuple[dict, list[np.ndarray]]:
        """The answer to the request `asked`, whose turn it must be. Raises LineBroken."""
        return self._within(seconds, self._answer, asked, most)

    def _answer(self, asked: str, most: int) -> tuple[dict, list[np.ndarray]]:
        answer, arrays = wire.decode(self._read, most)
        if answer.get("id") != asked:
            raise wire.WireError("the answer does not belong to the call")
        return answer, arrays

    def _within(self, seconds: float, do: Callable[..., A], *arguments: Any) -> A:
        """What ``do(*arguments)`` returns in so many seconds; every failure is a LineBroken."""
        self._deadline = time.monotonic() + seconds
        try:
            return do(*arguments)
        except wire.WireError as error:
            raise LineBroken(NO_ANSWER, str(error)) from None
        except TimeoutError:
            raise LineBroken(TIME_LIMIT, f"no answer within {seconds:g} seconds") from None
        except OSError:
            raise LineEnded from None

    def load(self, files: Mapping[str, bytes]) -> None:
        """Give the process a student's files, and wait until it has them.

        Nothing of them is run yet, so a failure is ours: it raises CourseError.
        """
        blobs = [np.frombuffer(content, np.uint8) for content in files.values()]
        try:
            self.ask({"op": "load", "files": list(files)}, blobs, SECONDS_TO_START)
        except LineBroken as error:
            self.close()
            raise CourseError(
                f"The process for a student's code did not start ({error.message})."
            ) from None

    def close(self) -> None:
        """Kill the process, with everything that it has started."""
        if self.open:
            self.open = False
            self._process.kill()

    def _receive(self, count: int) -> bytes:
        self._wait(self._readable)
        part = os.read(self._process.from_worker, min(count, 1 << 20))
        if not part:
            raise LineEnded
        return part

    def _wait(self, poll: select.poll) -> None:
        left = self._deadline - time.monotonic()
        if left <= 0 or not poll.poll(1000 * left):
            raise TimeoutError
