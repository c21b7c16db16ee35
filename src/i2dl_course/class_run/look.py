"""How a hand-in's folder looks from outside: whether anything in it can have changed.

As git does with its index: names, kinds, sizes, times and inodes of all entries, and no file is
opened. The time of the last change of an entry (ctime) is the kernel's and cannot be set back, so a
file that is overwritten by one of the same size, with its old time put back, looks different.
"""

from __future__ import annotations

import hashlib
import os
import stat
import time
from dataclasses import dataclass
from pathlib import Path

from i2dl_course.handins.opening import MAX_ENTRIES

# File systems keep times in ticks: those of kernels are milliseconds, those of FAT two seconds. A
# change in the tick of a look could leave the same times, so by then all must have been at rest.
_AT_REST = 2_000_000_000  # nanoseconds


@dataclass(frozen=True)
class Look:
    """A digest of all entries, and whether all were at rest, so that it may be relied upon."""

    digest: str
    at_rest: bool


def look_at(folder: Path) -> Look | None:
    """The look of `folder`; None for what is no folder, or cannot be walked to its end."""
    now = time.time_ns()
    try:
        entries = _entries(os.fspath(folder))
    except OSError:
        return None
    if entries is None:
        return None
    newest = max(changed for *_, changed in entries)
    digest = hashlib.sha256(ascii(sorted(entries)).encode()).hexdigest()
    return Look(digest, newest < now - _AT_REST)


def _entries(folder: str) -> list[tuple[str, int, int, int, int, int]] | None:
    """Name, mode, inode, size, mtime and ctime of `folder` and of all that is below it."""
    found = [("", *_seen(os.lstat(folder)))]
    waiting = [""]
    while waiting:
        inside = waiting.pop()
        with os.scandir(f"{folder}/{inside}") as listing:
            for entry in listing:
                name, status = f"{inside}{entry.name}", entry.stat(follow_symlinks=False)
                found.append((name, *_seen(status)))
                if stat.S_ISDIR(status.st_mode):
                    waiting.append(f"{name}/")
                if len(found) > MAX_ENTRIES:
                    return None
    return found


def _seen(status: os.stat_result) -> tuple[int, int, int, int, int]:
    return (
        status.st_mode,
        status.st_ino,
        status.st_size,
        status.st_mtime_ns,
        status.st_ctime_ns,
    )
