"""Folders of ours in the temporary folder, none of which stays for good, however a run ends.

Each is held by a lock of the process that has made it, which the kernel lets go of when that
process ends. So one whose lock can be had was left by a run that was killed: whoever makes the next
one removes it, if it is of this kind and this user's.
"""

from __future__ import annotations

import fcntl
import functools
import os
import tempfile
import time
import weakref
from pathlib import Path

from i2dl_course.faults import HELD, NOT_YET_HELD
from i2dl_course.sandbox.process import NOBODY, empty_folder

_SECONDS_TO_HOLD = 3600  # between making a folder and holding it; it takes microseconds


class ScratchFolder:
    """A new folder, which goes with close(), with this object or with the process.

    kind : what it is for, as a part of its name
    path : where it is; only this user may enter it
    """

    def __init__(self, kind: str):
        place = tempfile.gettempdir()
        clear_left_behind(place)
        # Under a name that nobody clears, until it is held.
        new = Path(tempfile.mkdtemp(prefix=NOT_YET_HELD, dir=place))
        held = os.open(new, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(held, fcntl.LOCK_EX)
        name = new.name.removeprefix(NOT_YET_HELD)
        self.path = new.rename(new.with_name(f"{HELD}{kind}-{name}"))
        self.close = weakref.finalize(self, _remove, self.path, held)

    def __enter__(self) -> Path:
        return self.path

    def __exit__(self, *_: object) -> None:
        self.close()


def _remove(folder: Path, held: int) -> None:
    try:
        empty_folder(folder)
        folder.rmdir()
    except OSError:  # the next run tries again
        pass
    finally:
        os.close(held)


@functools.cache  # once for each process
def clear_left_behind(place: str) -> None:
    """Remove from the folder `place` what killed runs of this user have left in it."""
    # A folder that a sandbox was given is nobody's, where root has given it.
    ours = {os.geteuid(), NOBODY} if os.geteuid() == 0 else {os.geteuid()}
    for entry in list(os.scandir(place)):
        try:
            if entry.is_symlink() or not entry.name.startswith((HELD, NOT_YET_HELD)):
                continue
            held = os.open(entry.path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError:  # not ours to read, or gone meanwhile
            continue
        try:
            state = os.fstat(held)
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            age = time.time() - state.st_mtime
            held_once = entry.name.startswith(HELD) or age > _SECONDS_TO_HOLD
        except OSError:  # a run that lives has it
            held_once = False
        if state.st_uid in ours and held_once:
            _remove(Path(entry.path), held)
        else:
            os.close(held)
