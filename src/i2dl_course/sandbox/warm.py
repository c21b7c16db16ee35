"""A fork server: a launcher whose processes are forks of one that has everything imported.

The forks are locked up by the same code as processes that were started cold (enter.py), on the same
level. What differs is only that the libraries are there already. How: zygote.py.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from i2dl_course.errors import CourseError
from i2dl_course.inside.enter import PIDFD_SEND_SIGNAL, READY, call
from i2dl_course.sandbox.process import (
    START_SECONDS,
    KilledAtStart,
    Launcher,
    SandboxedProcess,
    StartedZygote,
    empty_folder,
    last_line,
    not_started,
    read_until,
    start_deadline,
    wait_for,
)


class Fork(SandboxedProcess):
    """A process that was forked from a warm one."""

    def __init__(
        self, number: int, process: int, to_worker: int, from_worker: int, home: Path | None
    ):
        self.number = number
        self._to_worker = to_worker
        self._from_worker = from_worker
        self._process = process
        self._home = home

    @property
    def alive(self) -> bool:
        """Whether kill() has still to be called."""
        return self._process >= 0

    @property
    def to_worker(self) -> int:
        return self._to_worker

    @property
    def from_worker(self) -> int:
        return self._from_worker

    def kill(self) -> None:
        if not self.alive:
            return
        if self._home is not None:  # without namespaces, what it started is in its process group
            try:
                os.killpg(self.number, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                pass
        try:
            call("syscall", PIDFD_SEND_SIGNAL, self._process, int(signal.SIGKILL), None, 0)
        except ProcessLookupError:  # it has ended by itself
            pass
        wait_for(self._process)
        for descriptor in (self._process, self.to_worker, self.from_worker):
            os.close(descriptor)
        self._process = -1
        if self._home is not None:
            empty_folder(self._home)


class Warm(Launcher):
    """The launcher of forks, on the level of the launcher `cold`.

    It keeps one zygote for the script and the folder of the latest start. A script must define
    prepare(), for what is done once before any student's code, and main().
    """

    def __init__(self, cold: Launcher):
        super().__init__(cold.limits, cold.threads)
        self.level = cold.level
        self._cold = cold
        self._key: tuple[str, str] | None = None
        self._zygote: StartedZygote | None = None
        self._channel: socket.socket | None = None
        self._fork: Fork | None = None

    def __call__(self, argv: Sequence[str], folder: Path | str) -> Fork:
        """Fork a process that runs main() of the script ``argv[-1]``.

        Raises CourseError when that cannot be had; a zygote that has died, or was killed while it
        started, is started again once.
        """
        for attempt in (1, 2):
            try:
                self.get_ready(argv, folder)
                return self._ask_for_fork()
            except KilledAtStart:
                if attempt == 2:
                    raise
            except OSError as error:
                self.close()
                if attempt == 2:
                    raise self._failed(str(error)) from error
        raise AssertionError("unreachable")

    def get_ready(self, argv: Sequence[str], folder: Path | str) -> None:
        """Start the zygote, unless it is there."""
        key = (str(argv[-1]), os.path.abspath(folder))
        if key != self._key:
            self.close()
            self._start(*key)

    def close(self) -> None:
        """End the zygote, and with it all that it has forked."""
        if self._channel is not None:
            self._channel.close()
            self._channel = None
        if self._fork is not None and self._fork.alive:
            self._fork.kill()
        self._fork = None
        if self._zygote is not None:
            # It ends by itself once the channel is closed; then what it has used is added up here.
            if wait_for(self._zygote.process.from_worker, start_deadline()):
                self._zygote.process.popen.wait()
            self._zygote.process.kill()
            self._zygote = None
        self._key = None

    def _start(self, script: str, folder: str) -> None:
        ours, its = socket.socketpair()
        self._channel = ours
        with its:
            self._zygote = self._cold.zygote(Path(script), Path(folder), its.fileno())
        ours.settimeout(START_SECONDS)
        try:
            said = ours.recv(1)
        except TimeoutError:
            said = b""
        pipe = self._zygote.process.popen.stderr
        assert pipe is not None
        if said != b"r":
            told = read_until(pipe.fileno(), None, start_deadline())
            error = not_started(self._zygote.process, self.level, told)
            self.close()
            raise error
        pipe.close()
        self._zygote.process.popen.stderr = None
        self._key = (script, folder)

    def _ask_for_fork(self) -> Fork:
        zygote, channel = self._zygote, self._channel
        assert zygote is not None and channel is not None  # _start() made both
        if zygote.shared_home and self._fork is not None and self._fork.alive:
            raise RuntimeError("on this level one fork must end before the next can have the home")
        input_read, to_worker = os.pipe()
        from_worker, output_write = os.pipe()
        status_read, status_write = os.pipe()
        theirs = (input_read, output_write, status_write)
        ours = [to_worker, from_worker]
        try:
            try:
                socket.send_fds(channel, [b"f"], theirs)
                said, received, _, _ = socket.recv_fds(channel, 4, 1)
            finally:
                for descriptor in theirs:
                    os.close(descriptor)
            if len(said) != 4 or not received:
                raise OSError("the process that forks has ended")
            home = zygote.home if zygote.shared_home else None
            self._fork = Fork(
                int.from_bytes(said, "big"), received[0], to_worker, from_worker, home
            )
            ours = []
            said = read_until(status_read, READY, start_deadline())
            if not said.endswith(READY):
                self._fork.kill()
                raise self._failed(last_line(said))
            return self._fork
        finally:
            for descriptor in (status_read, *ours):
                os.close(descriptor)

    def _failed(self, why: str) -> CourseError:
        return CourseError(f"The sandbox ({self.level}) did not start: {why}")


def can_fork() -> bool:
    """Whether this system has what a fork server needs."""
    return sys.platform == "linux"
