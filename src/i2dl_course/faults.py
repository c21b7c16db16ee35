"""What the system refuses, such as a write to a full disk, in one sentence that helps."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from i2dl_course.errors import CourseError

_FULL = {errno.ENOSPC, errno.EDQUOT}
_CLOSED = {errno.EROFS, errno.EACCES, errno.EPERM}
# How the names of our folders in the temporary folder begin: held by a run, and not yet.
HELD, NOT_YET_HELD = "i2dl-held-", "i2dl-new-"
_LONGEST_TOLD = 160  # characters of what a library says, or of a path


def how_to_install() -> str:
    """What makes whole an installation that lacks something: of a checkout, or of a wheel."""
    checkout = Path(__file__).resolve().parents[2] / "scripts" / "setup"
    return "run `make setup`" if checkout.is_file() else "install the i2dl_course wheel once more"


@contextmanager
def at(place: Path) -> Iterator[None]:
    """A block whose OSErrors name a place: `place`, where the system names none.

    It names the file that cannot be opened, and none when a write finds the disk full.
    """
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = str(place)
        raise


def is_common(error: BaseException) -> bool:
    """Whether this would befall the next hand-in, too: a disk that is full or read-only."""
    return isinstance(error, OSError) and error.errno in _FULL | {errno.EROFS}


def told(error: OSError) -> str:
    """One sentence for `error`: where, what, and what to do."""
    what, place = _what_and_where(error)
    if error.errno in _FULL:
        # A copy that fails names first what it reads.
        full = error.filename2 or place
        where = f"that {_short(full)} is on" if place else _both_disks()
        if temporary := _temporary(full):
            return (
                f"The disk that {temporary} is on is full ({what}); make room there, or name a "
                "folder on another disk by TMPDIR=/that/folder, and the same command goes on."
            )
        return f"The disk {where} is full ({what}); make room there, and the same command goes on."
    if error.errno in _CLOSED:
        where = _short(place) if place else "A file"
        return (
            f"{where} cannot be read or written ({what}); give it the rights that it needs, and "
            "the same command goes on."
        )
    where = f"{_short(place)}: " if place else ""
    return f"{where}{what}; when that is mended, the same command goes on."


def _both_disks() -> str:
    temporary = tempfile.gettempdir()
    return f"of the course or that of {_temporary(temporary) or temporary}"


def _temporary(place: str) -> str | None:
    """The temporary folder, for what lies in a folder of ours there, which is gone when read."""
    parts = Path(place).parts
    ours = [number for number, part in enumerate(parts) if part.startswith((HELD, NOT_YET_HELD))]
    return str(Path(*parts[: ours[0]])) if ours else None


def _what_and_where(error: OSError) -> tuple[str, str]:
    if error.errno is None and error.args and isinstance(error.args[0], list):
        # shutil.Error: all that a copy of a folder could not do; the first is enough.
        source, _, why = error.args[0][0]
        return _short(why), str(source)
    what = error.strerror or f"{type(error).__name__} {error}".strip()
    place = error.filename if error.filename is not None else ""
    return _short(what), os.fsdecode(place) if isinstance(place, (str, bytes)) else ""


def _short(text: object) -> str:
    """The first line of what a library says; of a long path, its end, which tells most."""
    line = (str(text).strip().splitlines() or [""])[0].rstrip(".")
    if len(line) <= _LONGEST_TOLD:
        return line
    return f"…{line[-_LONGEST_TOLD:]}" if line.startswith("/") else f"{line[:_LONGEST_TOLD]}…"


def read_text(path: Path, name: str) -> str:
    """The text of a file that an author has written; Notepad's mark at its beginning is dropped.

    `name` is what the file is called in a sentence. Raises CourseError when it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise CourseError(
            f"{name} is not UTF-8 (byte {error.object[error.start]:#04x} at position "
            f"{error.start}); save it as UTF-8."
        ) from None
    except IsADirectoryError:
        raise CourseError(f"{name} is a folder and must be a file.") from None
    except OSError as error:
        raise CourseError(f"{name} cannot be read ({error.strerror}).") from None
