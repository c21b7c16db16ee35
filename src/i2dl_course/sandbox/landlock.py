"""Level "landlock": for hosts without user namespaces; the process locks itself up.

Landlock takes the file system away but for the interpreter and the folder (read) and the home
(write); the seccomp filter takes away processes, sockets, signals and everything else that reaches
beyond the process. It still sees the host's process numbers and names, and may ask whether a path
exists.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from i2dl_course.sandbox import paths
from i2dl_course.sandbox.calls import seccomp_filter
from i2dl_course.sandbox.process import (
    Launcher,
    Process,
    StartedZygote,
    ended_on_failure,
    give_to_user,
    home_in,
    locked_command,
    start,
    user_to_become,
    wait_until_ready,
    zygote_command,
)

ANYBODY_MAY_PASS = 0o001


class Landlock(Launcher):
    """The launcher of this level."""

    level = "landlock"

    def start_once(self, argv: Sequence[str], folder: Path | str) -> Process:
        """Start `argv`; it may read `folder`, and write only in its home, `folder`/home.

        Raises CourseError when the sandbox cannot be set up.
        """
        folder = Path(os.path.abspath(folder))
        home = home_in(folder)
        command = locked_command(argv, home, parent=os.getpid(), **self._lock(folder, home))
        with ended_on_failure(Process(start(command, home, home), home)) as process:
            self.meanwhile()
            wait_until_ready(process, self.level)
        return process

    def zygote(self, script: Path, folder: Path, channel: int) -> StartedZygote:
        """See Launcher. It is not locked up itself, and runs nothing but our own code."""
        home = home_in(folder)
        command = zygote_command(script, home, channel, self._lock(folder, home))
        return StartedZygote(Process(start(command, home, home, [channel]), home), home)

    def _lock(self, folder: Path, home: Path) -> dict[str, Any]:
        user = user_to_become()
        # Root keeps its number, without its powers, where nobody could not reach the interpreter.
        if user is not None and not _anybody_may_reach((*paths.readable(), folder)):
            user = None
        if user is not None:
            give_to_user(folder, user)
        read = [*map(str, paths.readable()), *paths.DEVICES, str(folder)]
        return {
            "limits": dict(self.limits),
            "user": user,
            "landlock": {"read": read, "write": [str(home), os.devnull]},
            "filter": seccomp_filter(self.threads),
        }


def _anybody_may_reach(wanted: Iterable[Path]) -> bool:
    folders = {folder for path in wanted for folder in Path(os.path.realpath(path)).parents}
    return all(folder.stat().st_mode & ANYBODY_MAY_PASS for folder in folders)
