"""The one way to read a file that a student could have put there.

No link is followed, nothing is waited for that never comes, as with a pipe that nobody writes to,
and nothing is read beyond a limit, whatever size the file claims to have.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path, PurePosixPath

_PLAINLY = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK


class NotPlain(OSError):
    """What stands there is a folder, a pipe or a device."""


def read(folder: Path, name: str | PurePosixPath, limit: int) -> bytes:
    """At most `limit` bytes of the file `name`, a relative path, in `folder`.

    The way from `folder` on, with itself, is gone step by step, and what is found is looked at once
    it is open, in case something on the way is swapped for a link or a pipe meanwhile. Raises
    NotPlain for what is no regular file, and another OSError for a link on the way and for what
    cannot be opened, as a socket.
    """
    descriptor = os.open(folder, _PLAINLY)
    for part in PurePosixPath(name).parts:
        above = descriptor
        try:
            descriptor = os.open(part, _PLAINLY, dir_fd=above)
        finally:
            os.close(above)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise NotPlain(errno.EINVAL, "not a regular file", str(name))
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read(limit)
    finally:
        os.close(descriptor)
