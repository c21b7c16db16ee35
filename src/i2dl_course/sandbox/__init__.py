"""Where a student's code runs: `launcher()` gives the best sandbox that works on this host.

    launch = launcher()                               # or launcher("none"), in so many words
    process = launch([sys.executable, "-I", "-B", script, ...], folder)
    process.to_worker, process.from_worker            # pipes to its standard input and output
    process.kill()                                    # ends it, and waits until all of it is gone
    launch.level                                      # what to write down with a verdict

`folder` is the only folder that it gets, read-only. Its home, temporary and working folder is
`folder`/home, the only place where it can write; bubblewrap gives it an empty one of its own, which
ends with it. `launch` returns when the process is locked up, and raises CourseError when it cannot
be. Call it from a thread that outlives the process: Linux ends the process with that thread.

What each level stops, and what it does not: docs/sandbox.md. This room knows no hand-in. In reading
order:

    choice.py      which level works here
    process.py     starting, talking to and ending a process
    warm.py        the fork server
    scratch.py     folders of ours, none of which stays
    bubblewrap.py  the level that makes namespaces
    keeper.py      what stands between a launcher and bwrap
    landlock.py    the level that needs none
    paths.py       what an interpreter needs to read
    calls.py       the system calls that are allowed
    doctor.py      what this computer offers
"""

from __future__ import annotations

from i2dl_course.sandbox.choice import (
    CHOICES,
    LEVELS,
    NONE,
    Begun,
    Finding,
    Meanwhile,
    launcher,
    probe,
)
from i2dl_course.sandbox.process import LIMITS, ONE_THREAD, SKELETON, Launcher, SandboxedProcess
from i2dl_course.sandbox.scratch import ScratchFolder

__all__ = [
    "CHOICES",
    "LEVELS",
    "LIMITS",
    "NONE",
    "ONE_THREAD",
    "SKELETON",
    "Begun",
    "Finding",
    "Launcher",
    "Meanwhile",
    "SandboxedProcess",
    "ScratchFolder",
    "launcher",
    "probe",
]
