"""Taking a hand-in out of a folder or a zip: only the files on the manifest's list, safely.

Nothing that a student sends is trusted: no link is followed, nothing is unpacked by its own name,
and a file is read only up to its limit, whatever size it claims to have.
"""

import os
import stat
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from i2dl_course.manifest import Course, CourseError

MAX_FILE = 20 << 20  # bytes; a notebook full of figures has some megabytes
MAX_CODE = 1 << 20  # bytes; a module written by hand has some kilobytes
MAX_ENTRIES = 5000  # files in a hand-in, taken or not
TOO_MANY_TO_NAME = 12

# What editors, browsers and Macs leave behind; not worth a sentence.
_LITTER = {"__MACOSX", ".DS_Store", "__pycache__", ".ipynb_checkpoints", "timestamp.txt",
           "submission_secret.txt"}


@dataclass(frozen=True)
class HandIn:
    """The files of one hand-in.

    `files` maps a name of the manifest to the file's bytes; `refused` maps a name of the manifest
    that was there but could not be taken to the reason; `left_out` are other files, by name. Files
    of the given package are neither: the course's own are used in their place, as students know.
    """

    files: dict[str, bytes]
    refused: dict[str, str] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()

    def write(self, folder: Path) -> None:
        """Write the files under `folder`, at the places that the manifest gives them."""
        for name, data in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)

    def notes(self) -> list[str]:
        """What a person should know about files that were not taken, one sentence each."""
        notes = [f"{name} was not taken: {reason}." for name, reason in self.refused.items()]
        if self.left_out:
            shown = ", ".join(self.left_out[:TOO_MANY_TO_NAME])
            more = len(self.left_out) - TOO_MANY_TO_NAME
            notes.append(f"Left out, because they are not on the list of files to hand in: {shown}"
                         + (f" and {more} more." if more > 0 else "."))
        return notes


def wanted_files(course: Course) -> tuple[str, ...]:
    """All names that a hand-in may hold: every notebook of the exercise and the students' files."""
    return (*(f"{name}.ipynb" for name in course.exercise.notebooks), *course.handin.files)


def open_submission(path: Path, course: Course) -> HandIn:
    """The hand-in at `path`: an assignment's folder, the folder above it, or a zip.

    Raises CourseError with one sentence when there is no submission there.
    """
    try:
        mode = path.lstat().st_mode
    except OSError:
        raise CourseError(f"There is no submission at {path}: no such file or folder.") from None
    if stat.S_ISLNK(mode):
        raise CourseError(f"{path} is a link; give the folder or the zip itself.")
    if stat.S_ISDIR(mode):
        return _from_folder(path, course)
    if stat.S_ISREG(mode):
        return open_zip(path, course)
    raise CourseError(f"{path} is neither a folder nor a zip, so it holds no submission.")


def _limit(name: str) -> int:
    return MAX_CODE if name.endswith(".py") else MAX_FILE


def _prefix(names: Iterable[PurePosixPath], course: Course) -> PurePosixPath | None:
    """Where the assignment's folder begins among `names`: at the top or one level down."""
    wanted = {PurePosixPath(name) for name in wanted_files(course)}
    names = list(names)
    top = PurePosixPath()
    if any(name in wanted for name in names):
        return top
    below = {PurePosixPath(name.parts[0]) for name in names
             if PurePosixPath(*name.parts[1:]) in wanted}
    exercise = PurePosixPath(course.exercise.name)
    if exercise in below:
        return exercise
    return below.pop() if len(below) == 1 else None


def _nothing_there(where: Path, course: Course) -> CourseError:
    names = ", ".join((course.handin.graded_notebook, *course.handin.files))
    return CourseError(
        f"{where} holds no submission: none of the files to hand in is in it ({names})."
    )


def _is_litter(name: PurePosixPath) -> bool:
    return any(part in _LITTER for part in name.parts) or name.suffix == ".pyc"


def _is_expected(entry: PurePosixPath, name: str, course: Course) -> bool:
    """Whether a file that is not taken is worth no sentence: litter, or the given package's."""
    given = name.startswith("exercise_code/") and (course.root / name).is_file()
    return given or _is_litter(entry) or name == f"{course.exercise.name}.zip"


def _sort_out(modes: Mapping[PurePosixPath, int], read: Callable[[PurePosixPath, int], bytes],
              where: Path, course: Course) -> HandIn:
    """What is taken, refused and left out of `modes`, all files with their modes (0: not known).

    ``read(entry, limit)`` gives the content of a file that is taken.
    """
    prefix = _prefix(modes, course)
    if prefix is None:
        raise _nothing_there(where, course)
    wanted = set(wanted_files(course))
    files, refused, left_out = {}, {}, []
    for entry, mode in modes.items():
        name = str(entry.relative_to(prefix)) if entry.is_relative_to(prefix) else str(entry)
        kind = stat.S_IFMT(mode)
        if name not in wanted:
            if not _is_expected(entry, name, course):
                left_out.append(str(entry))
        elif kind == stat.S_IFLNK:
            refused[name] = "it is a link"
        elif kind not in (0, stat.S_IFREG):
            refused[name] = "it is not a regular file"
        else:
            files[name] = read(entry, _limit(name))
    return HandIn(files, refused, tuple(sorted(left_out)))


# --- folders ----------------------------------------------------------------------------------


def _from_folder(folder: Path, course: Course) -> HandIn:
    entries = _walk(folder)
    handin = _sort_out(entries, lambda entry, limit: _read(folder, entry, limit), folder, course)
    prefix = _prefix(entries, course)
    for name in set(wanted_files(course)) - set(handin.files) - set(handin.refused):
        parents = (prefix / parent for parent in PurePosixPath(name).parents)
        if any(stat.S_ISLNK(entries.get(parent, 0)) for parent in parents):
            handin.refused[name] = "the folder that it is in is a link"
    return handin


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
                        f"{folder} holds more than {MAX_ENTRIES} files, which is no submission; "
                        "give one student's folder."
                    )
    return found


def _read(folder: Path, name: PurePosixPath, limit: int) -> bytes:
    # O_NOFOLLOW and the second look guard against a file swapped for a link or pipe meanwhile.
    descriptor = os.open(folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise CourseError(f"{folder / name} is not a regular file, so it cannot be judged.")
        data = file.read(limit + 1)
    if len(data) > limit:
        raise _too_large(folder, name, limit)
    return data


def _too_large(where: Path, name: object, limit: int) -> CourseError:
    return CourseError(
        f"{name} in {where} is larger than {limit >> 20} MB, so the submission is not opened."
    )


# --- zips -------------------------------------------------------------------------------------


def open_zip(path: Path, course: Course) -> HandIn:
    """The hand-in in a zip. Raises CourseError when the zip is broken, unsafe or holds none."""
    try:
        with zipfile.ZipFile(path) as archive:
            return _from_zip(archive, path, course)
    except CourseError:
        raise
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, EOFError, OSError,
            RuntimeError, ValueError, UnicodeError) as error:
        raise CourseError(f"{path} cannot be opened as a zip ({error}).") from None
    except Exception as error:  # zlib, lzma and bz2 each have errors of their own
        raise CourseError(
            f"{path} is damaged and cannot be unpacked ({type(error).__name__}: {error})."
        ) from None


def _from_zip(archive: zipfile.ZipFile, path: Path, course: Course) -> HandIn:
    infos = archive.infolist()
    if len(infos) > MAX_ENTRIES:
        raise CourseError(f"{path} holds more than {MAX_ENTRIES} files, which is no submission.")
    entries: dict[PurePosixPath, zipfile.ZipInfo] = {}
    for info in infos:
        name = _safe_name(info.filename, path)
        if info.is_dir() or _is_litter(name):
            continue
        if name in entries:
            raise CourseError(
                f"{path} holds {name} twice, so it is not clear which one is meant."
            )
        entries[name] = info
    modes = {name: info.external_attr >> 16 for name, info in entries.items()}

    def read(entry: PurePosixPath, limit: int) -> bytes:
        if entries[entry].flag_bits & 0x1:
            raise CourseError(f"{path} is protected with a password; hand in a plain zip.")
        return _inflate(archive, entries[entry], path, limit)

    return _sort_out(modes, read, path, course)


def _safe_name(name: str, path: Path) -> PurePosixPath:
    """The entry's name as a path that stays inside. Old Windows tools write backslashes."""
    plain = PurePosixPath(name.replace("\\", "/"))
    escapes = plain.is_absolute() or ".." in plain.parts or ":" in name or "\0" in name
    if escapes or not plain.parts:
        raise CourseError(f"{path} holds a file whose name leads outside of it ({name!r}).")
    return plain


def _inflate(archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path, limit: int) -> bytes:
    with archive.open(info) as file:
        data = file.read(limit + 1)  # the size in the zip's own list may lie
    if len(data) > limit:
        raise _too_large(path, info.filename, limit)
    return data
