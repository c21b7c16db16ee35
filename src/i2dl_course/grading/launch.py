"""Starting and ending the process in which a student's code runs.

This is the seam for sandboxes: a launcher is a function ``launch(argv, folder) -> Process`` and a
``level``, the word by which a verdict says what held the student's code. The launcher here starts a
plain process in a session of its own with an almost empty environment; the limits on memory, CPU
seconds, files and processes are set by the worker itself, before it loads any student code.
"""

import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

# Enough for NumPy, pandas and a few hundred megabytes of arrays; an endless list stops here.
LIMITS = {
    "AS": 4 << 30,  # bytes of address space
    "CPU": 120,  # seconds, all calls of one worker together
    "FSIZE": 1 << 20,  # bytes in one file
    "NOFILE": 64,
    "CORE": 0,
    "NPROC": 0,  # no further process or thread; the kernel does not hold root to it
}


@dataclass(frozen=True)
class Process:
    """A started worker: the file descriptors to talk to it, and the way to end it."""

    popen: subprocess.Popen

    @property
    def to_worker(self):
        return self.popen.stdin.fileno()

    @property
    def from_worker(self):
        return self.popen.stdout.fileno()

    def kill(self):
        """End the worker and everything in its process group, and wait until it is gone."""
        try:
            os.killpg(self.popen.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            self.popen.kill()
        self.popen.wait()
        self.popen.stdin.close()
        self.popen.stdout.close()


def environment(home):
    """The whole environment of a worker: nothing of ours but what NumPy needs to run."""
    threads = ("OMP", "OPENBLAS", "MKL", "VECLIB", "NUMEXPR")
    return {
        "HOME": str(home),
        "TMPDIR": str(home),
        "MPLCONFIGDIR": str(home),
        "MPLBACKEND": "Agg",
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        **{f"{name}_NUM_THREADS": "1" for name in threads},
    }


def launch(argv, folder):
    """Start `argv` in a session of its own; its home and working folder is `folder`/home."""
    home = Path(folder) / "home"
    home.mkdir(exist_ok=True)
    popen = subprocess.Popen(
        argv,
        cwd=home,
        env=environment(home),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=0,
        start_new_session=True,
    )
    return Process(popen)


launch.level = "limits"
