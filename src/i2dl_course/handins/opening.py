"""Taking a hand-in out of a folder or a zip: only the files on the manifest's list, safely.

Nothing that a student sends is trusted: no link is followed, nothing is unpacked by its own name,
and a file is read only up to its limit, whatever size it claims to have.
"""

from __future__ import annotations

import io
import os
import stat
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path, PurePosixPath

from i2dl_course.errors import CourseError
from i2dl_course.handins import layout, plain_file, unasked
from i2dl_course.handins.plain_text import shown
from i2dl_course.handins.storing import NOTES, stored_notes
from i2dl_course.manifest import Course

MAX_NOTEBOOK = 20 << 20  # bytes; a notebook full of figures has some megabytes
MAX_CODE = 1 << 20  # bytes; a module written by hand has some kilobytes
MAX_ARCHIVE = 80 << 20  # bytes of a zip: the largest notebooks, and more
MAX_ENTRIES = 5000  # files in a hand-in, taken or not
TOO_MANY_TO_NAME = 12
FEW = 4  # names that tell what lies where no hand-in does

# What zipfile cannot unpack piece by piece is not unpacked: 90 kB of LZMA can hold 600 MB.
_UNPACKED = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_BEGIN_OF_A_ZIP = b"PK\x03\x04"
_OTHER_KINDS: dict[str, bytes | tuple[bytes, ...]] = {
    "a RAR archive": b"Rar!",
    "a 7-Zip archive": b"7z\xbc\xaf\x27\x1c",
    "a gzip archive (.tar.gz)": b"\x1f\x8b",
    "a bzip2 archive (.tar.bz2)": b"BZh",
    "an xz archive (.tar.xz)": b"\xfd7zXZ",
    "a PDF": b"%PDF",
    "a picture": (b"\x89PNG", b"\xff\xd8\xff"),
    "a program": (b"MZ", b"\x7fELF"),
}
_ENTRY_OF_A_ZIP = b"PK\x01\x02"  # begins each entry of the list at a zip's end


@dataclass(frozen=True)
class HandIn:
    """The files of one hand-in.

    `files` maps a name of the manifest to the file's bytes; `refused` maps a name of the manifest
    that was there but could not be taken to the reason. `left_out` maps every other file that is
    worth a sentence to the reason; unchanged files of the given package are not, because the
    course's own are used in their place, as students know. `found` tells what was taken for what,
    and `earlier` are the notes of whoever collected the hand-in.
    """

    files: dict[str, bytes]
    refused: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    found: tuple[str, ...] = ()
    earlier: tuple[str, ...] = ()

    def write(self, folder: Path) -> None:
        """Write the files under `folder`, at the places that the manifest gives them."""
        for name, data in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)

    def code(self, course: Course) -> HandIn:
        """The same without its notebooks, of which no verdict depends."""
        files = {name: self.files[name] for name in course.handin.files if name in self.files}
        return replace(self, files=files)

    def notes(self) -> list[str]:
        """What a person should know about files that were not taken, one sentence each."""
        notes = [*self.earlier, *self.found]
        notes += [f"{name} was not taken: {reason}." for name, reason in self.refused.items()]
        for reason in dict.fromkeys(self.left_out.values()):
            names = [name for name, why in self.left_out.items() if why == reason]
            more = len(names) - TOO_MANY_TO_NAME
            notes.append(
                f"Left out, because {reason}: {', '.join(names[:TOO_MANY_TO_NAME])}"
                + (f" and {more} more." if more > 0 else ".")
            )
        return notes


def wanted_files(course: Course) -> tuple[str, ...]:
    """All names that a hand-in may hold: every notebook of the exercise and the students' files."""
    return (*(f"{name}.ipynb" for name in course.exercise.notebooks), *course.handin.files)


def open_handin(path: Path, course: Course) -> HandIn:
    """The hand-in at `path`: an assignment's folder, a folder above it, or a zip.

    Raises CourseError with one sentence when there is no hand-in there.
    """
    try:
        mode = path.lstat().st_mode
    except OSError:
        raise CourseError(f"There is no hand-in at {path}: no such file or folder.") from None
    if stat.S_ISLNK(mode):
        raise CourseError(f"{path} is a link; give the folder or the zip itself.")
    if stat.S_ISDIR(mode):
        return _from_folder(path, course)
    if stat.S_ISREG(mode):
        return open_zip(path, course)
    raise CourseError(f"{path} is neither a folder nor a zip, so it holds no hand-in.")


def open_collected(folder: Path, course: Course) -> HandIn:
    """The hand-in in a student's folder in submitted/, with the notes that `store` has left there.

    Raises CourseError as `open_handin` does, for which such notes are a file like any other: a
    student who writes some must not be heard as whoever collects.
    """
    handin = open_handin(folder, course)
    left_out = {name: reason for name, reason in handin.left_out.items() if name != NOTES}
    return replace(handin, left_out=left_out, earlier=stored_notes(folder))


def _limit(name: str) -> int:
    return MAX_CODE if name.endswith(".py") else MAX_NOTEBOOK


def _nothing_there(where: Path, entries: Iterable[PurePosixPath], course: Course) -> CourseError:
    names = ", ".join((course.handin.graded_notebook, *course.handin.files))
    found = sorted(shown(entry) for entry in entries if not unasked.is_litter(entry))
    more = f" and {len(found) - FEW} more" if len(found) > FEW else ""
    instead = f"; it holds {', '.join(found[:FEW])}{more}" if found else ""
    return CourseError(
        f"{where} holds no hand-in: none of the files to hand in is in it ({names}){instead}."
    )


def _sort_out(
    modes: Mapping[PurePosixPath, int],
    read: Callable[[PurePosixPath, int], bytes],
    where: Path,
    course: Course,
) -> HandIn:
    """What is taken, refused and left out of `modes`, all files with their modes (0: not known).

    ``read(entry, limit)`` gives the content of an entry, cut at one byte more than `limit`.
    """

    def content(entry: PurePosixPath, limit: int) -> bytes:
        return read(entry, limit) if stat.S_IFMT(modes[entry]) in (0, stat.S_IFREG) else b"\0"

    found = layout.find(modes, content, wanted_files(course), where, course)
    if found is None:
        raise _nothing_there(where, modes, course)
    files, refused, left_out = {}, {}, {}
    for name, entry in found.taken.items():
        if stat.S_ISLNK(modes[entry]):
            refused[name] = "it is a link"
        elif stat.S_IFMT(modes[entry]) not in (0, stat.S_IFREG):
            refused[name] = "it is not a regular file"
        else:
            files[name] = _whole(read, entry, _limit(name), where)
    for name in set(wanted_files(course)) - set(found.taken):
        parents = (found.place / parent for parent in PurePosixPath(name).parents)
        if any(stat.S_ISLNK(modes.get(parent, 0)) for parent in parents):
            refused[name] = "the folder that it is in is a link"
    taken = set(found.taken.values())
    for entry in sorted(set(modes) - taken):
        copy = found.copy_of(entry)
        if copy is not None:
            left_out[layout.named(copy)] = unasked.ANOTHER_COPY
            continue
        inside = entry.relative_to(found.place) if entry.is_relative_to(found.place) else entry
        if reason := unasked.reason(inside, course, partial(content, entry)):
            left_out[shown(entry)] = reason
    return HandIn(files, refused, left_out, found.notes)


def _whole(
    read: Callable[[PurePosixPath, int], bytes], entry: PurePosixPath, limit: int, where: Path
) -> bytes:
    data = read(entry, limit)
    if len(data) > limit:
        raise CourseError(
            f"{shown(entry)} in {where} is larger than {limit >> 20} MB, "
            "so the hand-in is not opened."
        )
    return data


# --- folders ----------------------------------------------------------------------------------


def _from_folder(folder: Path, course: Course) -> HandIn:
    try:
        entries = _walk(folder)

        def read(entry: PurePosixPath, limit: int) -> bytes:
            return plain_file.read(folder, entry, limit + 1)

        return _sort_out(entries, read, folder, course)
    except OSError as error:  # closed to us, or nested deeper than a path can say
        place = f": {shown(error.filename)}" if error.filename else ""
        raise CourseError(f"{folder} cannot be read ({error.strerror}{place}).") from None


def _walk(folder: Path) -> dict[PurePosixPath, int]:
    """Every entry below `folder` that is not a folder, with its mode; links are not followed."""
    found: dict[PurePosixPath, int] = {}
    waiting = [PurePosixPath()]
    while waiting:
        inside = waiting.pop()
        with os.scandir(folder / inside) as listing:
            for entry in listing:
                mode = entry.stat(follow_symlinks=False).st_mode
                if stat.S_ISDIR(mode):
                    waiting.append(inside / entry.name)
                else:
                    found[inside / entry.name] = mode
                if len(found) + len(waiting) > MAX_ENTRIES:
                    raise CourseError(
                        f"{folder} holds more than {MAX_ENTRIES} files, which is no hand-in; "
                        "give one student's folder."
                    )
    return found


# --- zips -------------------------------------------------------------------------------------


def open_zip(path: Path, course: Course) -> HandIn:
    """The hand-in in a zip. Raises CourseError when the zip is broken, unsafe or holds none."""
    try:
        data = plain_file.read(path.parent.resolve(), path.name, MAX_ARCHIVE + 1)
        if len(data) > MAX_ARCHIVE:
            raise CourseError(f"{path} is larger than {MAX_ARCHIVE >> 20} MB, so it is not opened.")
        # Counted before zipfile makes an object of each, which takes twenty times the memory.
        if data.count(_ENTRY_OF_A_ZIP) > MAX_ENTRIES:
            raise CourseError(f"{path} holds more than {MAX_ENTRIES} files, which is no hand-in.")
        if (what := _instead_of_zip(data)) is not None:
            raise CourseError(f"{path} {what}.")
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _from_zip(archive, path, course)
    except CourseError:
        raise
    except plain_file.NotPlain:
        raise CourseError(f"{path} is not a regular file, so it is not opened.") from None
    except zipfile.BadZipFile as error:
        raise CourseError(
            f"{path} is a zip of which a part is missing or damaged ({shown(error)}); ask for it "
            "once more."
        ) from None
    except (
        zipfile.LargeZipFile,
        NotImplementedError,
        EOFError,
        OSError,
        RuntimeError,
        ValueError,
        UnicodeError,
    ) as error:
        raise CourseError(f"{path} cannot be opened as a zip ({shown(error)}).") from None
    except Exception as error:  # zlib has errors of its own
        raise CourseError(
            f"{path} is damaged and cannot be unpacked ({type(error).__name__}: {shown(error)}); "
            "ask for it once more."
        ) from None


def _instead_of_zip(data: bytes) -> str | None:
    """What these bytes are, if no zip, and what to do; None for what may be one."""
    if not data:
        return "is empty, as after an upload that broke off; ask for it once more"
    if zipfile.is_zipfile(io.BytesIO(data)) or data.startswith(_BEGIN_OF_A_ZIP):
        return None
    for what, beginnings in _OTHER_KINDS.items():
        if data.startswith(beginnings):
            return f"is {what} and no zip, whatever its name; pack the files as a zip"
    if data[257:262] == b"ustar":
        return "is a tar archive and no zip, whatever its name; pack the files as a zip"
    start = data[:200].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype", b"<html")):
        return "is a web page and no zip, such as a login page that was saved; download it anew"
    if start.startswith((b"{", b"#", b"import ", b"from ", b'"""')):
        return "is a notebook or a text and no zip; pack the files as a zip"
    return "is no zip; pack the files as a zip"


def _from_zip(archive: zipfile.ZipFile, path: Path, course: Course) -> HandIn:
    entries: dict[PurePosixPath, zipfile.ZipInfo] = {}
    for info in archive.infolist():
        name = _safe_name(info.filename, path)
        if info.is_dir() or unasked.is_litter(name):
            continue
        if name in entries:
            raise CourseError(
                f"{path} holds {shown(name)} twice, so it is not clear which one is meant."
            )
        entries[name] = info
    modes = {name: info.external_attr >> 16 for name, info in entries.items()}

    def read(entry: PurePosixPath, limit: int) -> bytes:
        info = entries[entry]
        if info.flag_bits & 0x1:
            raise CourseError(f"{path} is protected with a password; hand in a plain zip.")
        if info.compress_type not in _UNPACKED:
            raise CourseError(f"{path} is packed in an unusual way; hand in a plain zip.")
        with archive.open(info) as file:
            return file.read(limit + 1)  # the size in the zip's own list may lie

    return _sort_out(modes, read, path, course)


def _safe_name(name: str, path: Path) -> PurePosixPath:
    """The entry's name as a path that stays inside. Old Windows tools write backslashes."""
    plain = PurePosixPath(name.replace("\\", "/"))
    escapes = plain.is_absolute() or ".." in plain.parts or ":" in name or "\0" in name
    if escapes or not plain.parts:
        raise CourseError(f"{path} holds a file whose name leads outside of it ({shown(name)!r}).")
    return plain
