"""Starting a locked-up process, talking to it, and ending it with all that it started."""

from __future__ import annotations

import json
import os
import secrets
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from i2dl_course.errors import CourseError
from i2dl_course.inside import INSIDE
from i2dl_course.inside.enter import PIDFD_OPEN, PIDFD_SEND_SIGNAL, READY, call

ENTER = INSIDE / "enter.py"
ZYGOTE = INSIDE / "zygote.py"
KILLED_BY = 128  # and the number of the signal: the exit code of who has waited for the killed one
SECONDS_AFTER_LAST_WORD = 10  # within which a process ends that has closed its standard error
START_SECONDS = 60  # a cold disk can take ten; only a hung one takes sixty
NOBODY = 65534  # the user and group without rights, on every Linux

# Enough for NumPy, pandas and a few hundred megabytes of arrays; an endless list stops here.
LIMITS = {
    "AS": 4 << 30,  # bytes of address space
    "CPU": 120,  # seconds, all calls of one worker together
    "FSIZE": 1 << 20,  # bytes in one file
    "NOFILE": 64,
    "CORE": 0,
    "MEMLOCK": 0,
    "MSGQUEUE": 0,
    "NPROC": 0,  # no further process or thread; the kernel does not hold root to it
}
SCRATCH_BYTES = 64 << 20  # all files together, where a file system of their own can be had
SCRATCH_FILES = 10_000  # the same of files and folders, which cost the kernel 1 kB each beside that
SKELETON = "skeleton"  # a folder in the given one: what a home begins with


# NumPy's libraries would start a thread for each core; one process is one core's work.
ONE_THREAD = {
    f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL", "VECLIB", "NUMEXPR")
}


class SandboxedProcess(Protocol):
    r"""What a launcher gives: two pipes to talk over, and the way to end it.

    Whoever talks to a process knows no more of it than this, however it was started:

        process = launch([sys.executable, "-I", "-B", "-c", "print(input()[::-1])"], folder)
        os.write(process.to_worker, b"stressed\n")
        assert os.read(process.from_worker, 100) == b"desserts\n"
        process.kill()
    """

    @property
    def to_worker(self) -> int:
        """The descriptor of the pipe to the program's standard input."""

    @property
    def from_worker(self) -> int:
        """The descriptor of the pipe from the program's standard output."""

    def kill(self) -> None:
        """End the program with everything that it started, wait for that, and empty its home."""


class KilledAtStart(CourseError):
    """Somebody, such as a kernel that was short of memory, has killed a sandbox that started."""


class Launcher:
    """What starts sandboxed processes; see the package.

    limits : mapping of names and values for setrlimit
    threads : whether the program may start threads

    Attributes
    ----------
    meanwhile : callable
        Called at each cold start, when the process is begun and is yet to get ready.
    """

    level = ""
    kept = False  # whether a keeper sees to it that nothing outlives a launcher that is killed

    def __init__(self, limits: Mapping[str, int] = LIMITS, threads: bool = False):
        self.limits = limits
        self.threads = threads
        self.meanwhile: Callable[[], None] = lambda: None

    def __call__(self, argv: Sequence[str], folder: Path | str) -> SandboxedProcess:
        """Start `argv` with `folder`; one that is killed while it starts is started once again.

        Raises CourseError when the sandbox cannot be set up.
        """
        try:
            return self.start_once(argv, folder)
        except KilledAtStart:
            return self.start_once(argv, folder)

    def start_once(self, argv: Sequence[str], folder: Path | str) -> SandboxedProcess:
        """Start `argv`. Raises CourseError, and KilledAtStart when that is what has happened."""
        raise NotImplementedError

    def zygote(self, script: Path, folder: Path, channel: int) -> StartedZygote:
        """Start the warm process of a fork server, which talks over the descriptor `channel`."""
        raise NotImplementedError

    def get_ready(self, argv: Sequence[str], folder: Path | str) -> None:
        """Do what can be done before the first start of `argv`. Raises CourseError."""

    def close(self) -> None:
        """End what is kept for the next start."""

    def __enter__(self) -> Launcher:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Process(SandboxedProcess):
    """A process that was started cold.

    popen : what was started; inside bubblewrap the program is a descendant of it
    init : a file descriptor of the first process of the sandbox, with whose end all others in it
        have ended, or None where that is `popen` itself
    home : the program's home, when it is a folder of the host
    """

    def __init__(self, popen: subprocess.Popen[bytes], home: Path | None = None):
        self.popen = popen
        self.init: int | None = None
        self.home = home

    @property
    def to_worker(self) -> int:
        assert self.popen.stdin is not None  # start() gives it all three pipes
        return self.popen.stdin.fileno()

    @property
    def from_worker(self) -> int:
        assert self.popen.stdout is not None
        return self.popen.stdout.fileno()

    def kill(self) -> None:
        if self.init is not None:
            try:
                call("syscall", PIDFD_SEND_SIGNAL, self.init, int(signal.SIGKILL), None, 0)
            except ProcessLookupError:  # it has ended by itself
                pass
        if self.popen.returncode is None:  # once waited for, its number may be another's
            try:
                os.killpg(self.popen.pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                self.popen.kill()
        self.popen.wait()
        if self.init is not None:
            wait_for(self.init)
            os.close(self.init)
            self.init = None
        for pipe in (self.popen.stdin, self.popen.stdout, self.popen.stderr):
            if pipe is not None:
                pipe.close()
        if self.home is not None:
            empty_folder(self.home)


@dataclass(frozen=True)
class StartedZygote:
    """A warm process that was started, not yet waited for.

    home : where its forks work, as they see it
    shared_home : whether that is one folder of the host, which forks can have one after the other
    """

    process: Process
    home: Path
    shared_home: bool = True


def wait_for(descriptor: int, deadline: float | None = None) -> bool:
    """Whether there is something to read, or an end, before `deadline` of time.monotonic()."""
    poll = select.poll()  # select itself cannot watch descriptors above 1023
    poll.register(descriptor, select.POLLIN)
    left = None if deadline is None else 1000 * max(0.0, deadline - time.monotonic())
    return bool(poll.poll(left))


def open_process(number: int) -> int:
    """A file descriptor for a process, which never comes to mean another one; OSError."""
    return call("syscall", PIDFD_OPEN, number, 0)


def environment(home: Path) -> dict[str, str]:
    """The whole environment of a worker: nothing of ours but what NumPy needs to run."""
    return {
        "HOME": str(home),
        "TMPDIR": str(home),
        "MPLCONFIGDIR": str(home),
        "MPLBACKEND": "Agg",
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        **ONE_THREAD,
    }


def split_interpreter(argv: Sequence[str]) -> tuple[list[str], list[str]]:
    """The interpreter with its options, and the program with its arguments.

    Raises ValueError for what is not ``[python, "-X", ..., script or "-c", ...]``: options that
    take a value must have it attached, as in ``-Xutf8``.
    """
    for position, word in enumerate(argv[1:], start=1):
        if word == "-c" or not word.startswith("-"):
            return list(argv[:position]), list(argv[position:])
    raise ValueError(f"no script and no -c in {list(argv)}")


def home_in(folder: Path) -> Path:
    """The home of a process: `folder`/home, made when it is not there yet."""
    home = folder / "home"
    home.mkdir(exist_ok=True)
    return home


def skeleton_in(folder: Path) -> str | None:
    """What a home begins with: `folder`/skeleton, if it is there."""
    skeleton = folder / SKELETON
    return str(skeleton) if skeleton.is_dir() else None


def empty_folder(folder: Path) -> None:
    """Remove all that is in a folder, however deep it is.

    shutil.rmtree gives up with a RecursionError at a depth that a student's code can make, and the
    judge with it. Here every folder comes to the top before it is looked into.
    """
    try:
        os.chmod(folder, 0o700)
    except FileNotFoundError:  # whoever gave the folder has removed it already
        return
    waiting = [folder]
    count = 0
    while waiting:
        current = waiting.pop()
        for entry in list(os.scandir(current)):
            if not entry.is_dir(follow_symlinks=False):
                os.unlink(entry.path)
                continue
            count += 1
            to = folder / f".{count}-{secrets.token_hex(8)}"
            os.chmod(entry.path, 0o700)
            os.rename(entry.path, to)
            waiting.append(to)
        if current != folder:
            os.rmdir(current)


def give_to_user(folder: Path, user: int) -> None:
    """Make `user` the owner of a folder and of all that is in it."""
    for parent, folders, files in os.walk(folder):
        for path in (parent, *(os.path.join(parent, name) for name in (*folders, *files))):
            os.chown(path, user, user, follow_symlinks=False)


def user_to_become() -> int | None:
    """NOBODY for root; None for everybody else, and where NOBODY does not exist."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return None
    try:
        ranges = Path("/proc/self/uid_map").read_text().split("\n")
    except OSError:
        return NOBODY
    for line in filter(None, ranges):
        first, _, count = map(int, line.split())
        if first <= NOBODY < first + count:
            return NOBODY
    return None


def locked_command(
    argv: Sequence[str],
    home: Path,
    *,
    enter: Path = ENTER,
    limits: Mapping[str, int] = LIMITS,
    **spec: Any,
) -> list[str]:
    """`argv` with enter.py before its program; `spec` is what enter.py asks for."""
    interpreter, program = split_interpreter(argv)
    whole = {
        "home": str(home),
        "skeleton": skeleton_in(home.parent),
        "limits": dict(limits),
        "user": None,
        "parent": None,
        "landlock": None,
        "filter": None,
        **spec,
    }
    return [*interpreter, str(enter), json.dumps(whole), *program]


def start(
    command: Sequence[str], folder: Path, home: Path, pass_fds: Sequence[int] = ()
) -> subprocess.Popen[bytes]:
    """Start a command in `folder`, in a session of its own, with pipes and the bare environment."""
    return subprocess.Popen(
        command,
        cwd=folder,
        env=environment(home),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        start_new_session=True,
        pass_fds=pass_fds,
    )


def zygote_command(
    script: Path,
    home: Path,
    channel: int,
    lock: Mapping[str, Any],
    *,
    zygote: Path = ZYGOTE,
    **differing: Any,
) -> list[str]:
    """The command of a zygote; `lock` is what enter.py asks for, but home and parent."""
    spec = {
        "script": str(script),
        "home": str(home),
        "skeleton": skeleton_in(home.parent),
        "socket": channel,
        "parent": os.getpid(),
        "in_memory": None,
        "lock": {"user": None, "landlock": None, "filter": None, **lock},
        **differing,
    }
    return [sys.executable, "-I", "-B", str(zygote), json.dumps(spec)]


@contextmanager
def ended_on_failure(process: Process) -> Iterator[Process]:
    """End the process when what is done with it here fails, or is interrupted."""
    try:
        yield process
    except BaseException:
        process.kill()
        raise


def wait_until_ready(process: Process, level: str) -> None:
    """Wait until enter.py says that everything holds; CourseError when that does not come."""
    pipe = process.popen.stderr
    assert pipe is not None
    said = read_until(pipe.fileno(), READY, start_deadline())
    if not said.endswith(READY):
        raise not_started(process, level, said)
    pipe.close()
    process.popen.stderr = None


def start_deadline() -> float:
    """When the patience with a start, or with an end, is over; in time.monotonic()."""
    return time.monotonic() + START_SECONDS


def read_until(descriptor: int, end: bytes | None, deadline: float) -> bytes:
    """What comes before the deadline, up to `end` or the end of the stream."""
    said = b""
    while end is None or not said.endswith(end):
        part = os.read(descriptor, 1 << 16) if wait_for(descriptor, deadline) else b""
        if not part:
            break
        said += part
    return said


def not_started(process: Process, level: str, said: bytes) -> CourseError:
    """Why a process, which has said this on its standard error, has not started."""
    try:
        code = process.popen.wait(SECONDS_AFTER_LAST_WORD)
    except subprocess.TimeoutExpired:
        code = 0
    # By its own parent, or as bwrap and the keeper pass it on.
    number = -code if code < 0 else code - KILLED_BY
    if number > 0:  # then the last line is what it happened to say before, such as a warning
        name = signal.Signals(number).name if number in signal.valid_signals() else number
        return KilledAtStart(
            f"The sandbox ({level}) did not start: {name} has ended it; is there memory enough?"
        )
    return CourseError(f"The sandbox ({level}) did not start: {last_line(said)}")


def last_line(said: bytes) -> str:
    """The last line of what a failed start has said, or a sentence when it has said nothing."""
    lines = said.decode("utf-8", "replace").strip().splitlines()
    return lines[-1].strip() if lines else "it ended, or was silent for too long, without a word."


class Plain(Launcher):
    """The launcher for `--sandbox none`: limits and a bare environment, but nothing that holds."""

    level = "none"

    def start_once(self, argv: Sequence[str], folder: Path | str) -> Process:
        """Start `argv`; its home and working folder is `folder`/home."""
        parent = os.getpid() if sys.platform == "linux" else None
        home = home_in(Path(os.path.abspath(folder)))
        command = locked_command(argv, home, limits=self.limits, parent=parent)
        with ended_on_failure(Process(start(command, home, home), home)) as process:
            self.meanwhile()
            wait_until_ready(process, self.level)
        return process

    def zygote(self, script: Path, folder: Path, channel: int) -> StartedZygote:
        """See Launcher."""
        home = home_in(folder)
        command = zygote_command(script, home, channel, {"limits": dict(self.limits)})
        return StartedZygote(Process(start(command, home, home, [channel]), home), home)
