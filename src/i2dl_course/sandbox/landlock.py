"""Level "landlock": for hosts without user namespaces; the process locks itself up.

Landlock takes the file system away but for the interpreter and the folder (read) and the home
(write); the seccomp filter takes away processes, sockets, signals and everything else that reaches
beyond the process. It still sees the host's process numbers and names, and may ask whether a path
exists.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from i2dl_course.sandbox import paths
from i2dl_course.sandbox.calls import seccomp_filter
from i2dl_course.sandbox.process import (
    LIMITS,
    Process,
    ended_on_failure,
    give,
    home_in,
    stage,
    start,
    user_to_become,
    wait_until_ready,
)

ANYBODY_MAY_PASS = 0o001


class Landlock:
    """The launcher of this level; `limits` and `threads` as for bubblewrap."""

    level = "landlock"

    def __init__(self, limits: Mapping[str, int] = LIMITS, threads: bool = False):
        self._limits = limits
        self._threads = threads

    def __call__(self, argv: Sequence[str], folder: Path | str) -> Process:
        """Start `argv`; it may read `folder`, and write only in its home, `folder`/home.

        Raises CourseError when the sandbox cannot be set up.
        """
        folder = Path(os.path.abspath(folder))
        home = home_in(folder)
        user = user_to_become()
        # Root keeps its number, without its powers, where nobody could not reach the interpreter.
        if user is not None and not _anybody_may_reach((*paths.readable(), folder)):
            user = None
        if user is not None:
            give(folder, user)
        read = [*map(str, paths.readable()), *paths.DEVICES, str(folder)]
        command = stage(argv, home, limits=self._limits, user=user, parent=os.getpid(),
                        landlock={"read": read, "write": [str(home), os.devnull]},
                        filter=seccomp_filter(self._threads))
        with ended_on_failure(Process(start(command, home), home)) as process:
            wait_until_ready(process, self.level)
        return process


def _anybody_may_reach(wanted: Iterable[Path]) -> bool:
    folders = {folder for path in wanted for folder in Path(os.path.realpath(path)).parents}
    return all(folder.stat().st_mode & ANYBODY_MAY_PASS for folder in folders)
