"""A learning platform's zip of the hand-ins of all: the students' zips in it, taken out."""

from __future__ import annotations

import zipfile
from pathlib import Path, PurePosixPath

from i2dl_course.errors import CourseError
from i2dl_course.handins.opening import MAX_ARCHIVE, MAX_ENTRIES

MAX_BULK = 4 << 30  # bytes of all that is taken out; 1,500 hand-ins have a few hundred megabytes
_MAX_LISTED = 100_000  # entries in the lists of a zip and of those in it; each takes a kilobyte
_ENTRY = b"PK\x01\x02"


def unpack(path: Path, folder: Path) -> list[Path]:
    """The zips in the zip `path`, each in a folder of `folder` named as the innermost one in there.

    None of them is opened. An empty list when there are none, or when `path` is no zip; CourseError
    for one that holds too much.
    """
    found: list[Path] = []
    size = 0
    if _listed(path) > _MAX_LISTED:
        raise CourseError(f"it holds more than {_MAX_LISTED} files.")
    try:
        with zipfile.ZipFile(path) as archive:
            members = [one for one in archive.infolist() if one.filename.lower().endswith(".zip")]
            if len(members) > MAX_ENTRIES:
                raise CourseError(f"it holds more than {MAX_ENTRIES} zips.")
            for number, member in enumerate(members):
                inside = PurePosixPath(member.filename)
                # A platform has made the names; ours above them keep equal ones apart.
                place = folder / f".{number}" / Path(inside.parent.name).name / inside.name
                place.parent.mkdir(parents=True)
                with archive.open(member) as source:
                    data = source.read(MAX_ARCHIVE + 1)
                size += len(data)
                # What is packed already gets no smaller: one that did would fill the disk.
                packed_twice = len(data) > 10 * member.compress_size + (1 << 20)
                if len(data) > MAX_ARCHIVE or size > MAX_BULK or packed_twice:
                    raise CourseError(f"{member.filename} in it is too large.")
                place.write_bytes(data)
                found.append(place)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError):
        return []
    return found


def _listed(path: Path) -> int:
    """How many entries the lists of a zip may have, counted without making an object of each."""
    count, tail = 0, b""
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            count += (tail + part).count(_ENTRY)
            tail = part[-len(_ENTRY) + 1 :]
    return count
