"""Which sandboxes work here: found out by starting one, not by reading settings."""

from __future__ import annotations

import functools
import json
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from i2dl_course.errors import CourseError
from i2dl_course.sandbox.process import (
    LIMITS,
    Launcher,
    Plain,
    SandboxedProcess,
    read_until,
    split_interpreter,
    start_deadline,
)
from i2dl_course.sandbox.scratch import ScratchFolder
from i2dl_course.sandbox.warm import Warm, can_fork

LEVELS = ("bubblewrap", "landlock")
NONE = "none"
CHOICES = (*LEVELS, NONE)

# Reads what it must not, opens what it must not, and imports what every worker needs. Then it ends,
# or goes on as a program of ours.
TRIAL = """
import json, os, sys
found = {}
try:
    open(sys.argv[1]).close()
    found["reads a file outside"] = True
except OSError:
    found["reads a file outside"] = False
try:
    import socket
    socket.socket()
    found["opens a socket"] = True
except OSError:
    found["opens a socket"] = False
try:
    import numpy
except BaseException as error:
    found["lacks NumPy"] = f"{type(error).__name__}: {error}"[:300]
print(json.dumps(found), flush=True)
if sys.argv[2:]:
    del sys.argv[:2]
    __file__ = sys.argv[0]
    with open(__file__, "rb") as file:
        program = file.read()
    exec(compile(program, __file__, "exec"))
"""
FORBIDDEN = ("reads a file outside", "opens a socket")


@dataclass(frozen=True)
class Finding:
    """Whether a level works on this host, why not, and by which program (bwrap) if by one.

    `kept` says whether the program has a keeper.
    """

    level: str
    works: bool
    why_not: str = ""
    program: Path | None = None
    kept: bool = False


@functools.cache
def probe(level: str) -> Finding:
    """Start a sandbox of this level once and see whether it holds; the answer is remembered."""
    return _find(level, _trial)


def _find(level: str, trial: Callable[[Launcher], str]) -> Finding:
    """What is found by `trial`, which says of a launcher why it cannot be used."""
    if sys.platform != "linux":
        return Finding(level, False, "it is a part of Linux, and this is another system.")
    reasons = []
    for launch, program in _launchers(level):
        why_not = trial(launch)
        if not why_not:
            return Finding(level, True, program=program, kept=launch.kept)
        reasons.append(f"{program}: {why_not}" if program else why_not)
    return Finding(level, False, " ".join(dict.fromkeys(reasons)) or "bwrap is not installed.")


def _launchers(level: str, **options: Any) -> Iterator[tuple[Launcher, Path | None]]:
    if level == "bubblewrap":
        from i2dl_course.sandbox import bubblewrap

        for program in bubblewrap.candidates():
            for kept in bubblewrap.keepers():
                yield bubblewrap.Bubblewrap(program, kept=kept, **options), program
    else:
        from i2dl_course.sandbox import landlock

        yield landlock.Landlock(**options), None


def _trial(launch: Launcher) -> str:
    """Why this launcher cannot be used; empty when it can."""
    with ScratchFolder("probe") as folder:
        try:
            _tried(launch, folder).kill()
        except CourseError as error:
            return str(error)
    return ""


def _tried(launch: Launcher, folder: Path | str, program: Sequence[str] = ()) -> SandboxedProcess:
    """A process that has tried this launcher, and goes on as `program` if there is one.

    Raises CourseError, which says why the launcher cannot be used.
    """
    with ScratchFolder("outside") as scratch:
        scratch.chmod(0o711)
        outside = scratch / "file"
        outside.touch(0o644)  # nothing but the sandbox keeps anybody from reading it
        trial = [sys.executable, "-I", "-B", "-c", TRIAL, str(outside), *program]
        try:
            process = launch(trial, folder)
        except OSError as error:
            raise CourseError(f"{error}.") from error
        try:
            if why_not := _why_not(read_until(process.from_worker, b"\n", start_deadline())):
                raise CourseError(why_not)
        except BaseException:
            process.kill()
            raise
    return process


def _why_not(said: bytes) -> str:
    """Why a launcher cannot be used whose trial has said this; empty when it can."""
    try:
        found = json.loads(said)
    except ValueError:
        return "it starts, but a program in it ends at once."
    if lacking := found.get("lacks NumPy"):
        return f"it starts, but NumPy cannot be imported in it ({lacking})."
    broken = [what for what in FORBIDDEN if found.get(what) is not False]
    return f"it does not hold: a process in it {' and '.join(broken)}." if broken else ""


def launcher(
    level: str | None = None,
    *,
    limits: Mapping[str, int] = LIMITS,
    threads: bool = False,
    warm: bool = False,
) -> Launcher:
    """What starts a SandboxedProcess for a student's code; see the package.

    Parameters
    ----------
    level : "bubblewrap", "landlock", "none", or None for the best that works here
        "none" holds nothing but the limits; it is never chosen unless asked for by this word.
    limits : names and values for setrlimit
    threads : whether the program may start threads; processes it never may
    warm : whether to fork from a process that has everything imported, where the system can; the
        program is then a script with prepare() and main(). Call close() at the end.

    Raises CourseError when the level, or with None any sandbox, is not to be had.
    """
    cold = _cold_launcher(level, limits=limits, threads=threads)
    return Warm(cold) if warm and can_fork() else cold


class Meanwhile(Launcher):
    """What launcher(level) gives, found out in a thread; whatever it is asked waits for that.

    Raises CourseError then, when there is no such launcher.
    """

    def __init__(self, level: str | None):
        super().__init__()
        self._level = level
        self._thread = threading.Thread(target=self._try, name="trial of a sandbox")
        self._thread.start()

    def _try(self) -> None:
        with suppress(CourseError):  # launcher() raises it again
            launcher(self._level)

    def wait(self) -> None:
        """Wait until it is found out; launcher() knows it then, too."""
        self._thread.join()

    @functools.cached_property
    def _found(self) -> Launcher:
        self.wait()
        return launcher(self._level)

    @property
    def level(self) -> str:  # type: ignore[override]
        return self._found.level

    def __call__(self, argv: Sequence[str], folder: Path | str) -> SandboxedProcess:
        """As the launcher that is found."""
        return self._found(argv, folder)


class Begun(Launcher):
    """What launcher(level) gives, with its first process begun: the one by which it was tried.

    Whoever needs one process waits for one start only. Close it after use.

    argv, folder : of the first process, as they are asked for later; the program is a script, and
        says nothing before it is asked
    meanwhile : called once, while that process gets ready

    Raises CourseError when there is no such launcher.
    """

    def __init__(
        self,
        level: str | None,
        argv: Sequence[str],
        folder: Path | str,
        meanwhile: Callable[[], None] = lambda: None,
    ):
        super().__init__()
        self._first: SandboxedProcess | None = None
        _, program = split_interpreter(argv)
        once = functools.cache(meanwhile)

        def trial(launch: Launcher) -> str:
            launch.meanwhile = once
            try:
                self._first = _tried(launch, folder, program)
            except CourseError as error:
                return str(error)
            return ""

        self._launch = _cold_launcher(level, lambda name: _find(name, trial))
        self.level = self._launch.level
        once()

    def __call__(self, argv: Sequence[str], folder: Path | str) -> SandboxedProcess:
        """The process that is there already; after that, as the launcher that was found."""
        first, self._first = self._first, None
        return first or self._launch(argv, folder)

    def close(self) -> None:
        """End the first process, if nobody has asked for it."""
        if self._first:
            self._first.kill()
            self._first = None


def _cold_launcher(
    level: str | None, find: Callable[[str], Finding] | None = None, **options: Any
) -> Launcher:
    """The launcher of a level, or of the best that works, as `find` (probe) finds them."""
    if level == NONE:
        return Plain(**options)
    if level is not None and level not in LEVELS:
        raise CourseError(f"There is no sandbox {level!r}; choose one of {', '.join(CHOICES)}.")
    reasons = []
    for name in (level,) if level else LEVELS:
        finding = (find or probe)(name)
        if finding.works:
            for launch, program in _launchers(name, **options):
                if (program, launch.kept) == (finding.program, finding.kept):
                    return launch
        reasons.append(f"{name}: {finding.why_not}")
    raise CourseError(
        f"No sandbox to run students' code in ({' '.join(reasons)}); `course doctor` says how to "
        f"get one, and `--sandbox {NONE}` runs the code with all your rights over your files."
    )
