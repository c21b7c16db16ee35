"""The parts of ``nbgrader zip_collect`` that unpack and tell whose a zip is: one by one, safely.

A bad zip, or one with a bad name, harms no other.
"""

from __future__ import annotations

import filecmp
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from nbgrader.plugins import ExtractorPlugin, FileNameCollectorPlugin
from traitlets import Unicode

from i2dl_course import manifest
from i2dl_course.errors import CourseError
from i2dl_course.handins.failure import CommonFault, Failures
from i2dl_course.handins.opening import open_zip
from i2dl_course.handins.plain_text import plain, shown
from i2dl_course.handins.storing import NOTES, SECRET, store
from i2dl_course.handins.student_names import composed, require_student_name, why_refused
from i2dl_course.handins.time_stamps import read_time_stamp
from i2dl_course.manifest import Course
from i2dl_course.nbgrader_side import bulk_zip
from i2dl_course.nbgrader_side.roster import Roster
from i2dl_course.receiving.archive import Archive, Received
from i2dl_course.records import counting, extensions

_WIDEST = 60  # characters of a name, in the table of whom nobody knows
# What the folder of one student is called by Moodle and Ilias holds a number of theirs.
_PLATFORMS_FOLDER = re.compile(r"_\d{3,}")
_STAMP_BEFORE = re.compile(r"\d{14}(?=_)")


class SafeNames(FileNameCollectorPlugin):
    """Reads student and time from the name of a zip, by the expression in nbgrader_config.py.

    What the stock class finds is believed by nbgrader: a name that is none becomes a folder, and a
    time that is none ends the run.
    """

    def collect(self, submitted_file: str) -> dict | None:
        """As the stock class; None, too, for a name or a time that is none."""
        file = Path(submitted_file)
        for folder, one in getattr(self.parent.extractor_plugin_inst, "laid_out", {}).items():
            if file.is_relative_to(folder):
                name = file.relative_to(folder).as_posix()
                return {"student_id": one.student, "file_id": name, "timestamp": one.time}
        if (found := super().collect(submitted_file)) is None:
            return None
        student, stamp = composed(found["student_id"]), found.get("timestamp")
        time = _time(stamp) if stamp else None
        if local := found.pop("local", None):  # by the clock of the platform
            stamp, time = local, _local_time(local, Path(self.parent.coursedir.root))
        if why_refused(student) or (stamp and time is None):
            return None
        return {**found, "student_id": student, "timestamp": time}


def _time(stamp: str) -> datetime | None:
    """The time in the name of a zip, 2020-05-26T183000Z."""
    day, clock = stamp[:10], stamp[11:17]
    return read_time_stamp(f"{day} {clock[:2]}:{clock[2:4]}:{clock[4:]} UTC")


def _local_time(stamp: str, root: Path) -> datetime | None:
    """The time in the name of a zip, 20200526203000, where the course is; naive UTC."""
    try:
        there = datetime.strptime(stamp, "%Y%m%d%H%M%S")
    except ValueError:
        return None
    zone = ZoneInfo(manifest.load(root).exercise.time_zone)
    return there.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None)


class SafeExtractor(ExtractorPlugin):
    """Unpacks each student's zip into a folder of its own name; only files on the manifest's list.

    The stock class unpacks whatever is in an archive, archives within it too, without a limit, and
    one damaged archive ends the whole run.
    """

    roster = Unicode(
        "",
        help="A CSV file with a column `student`, and others with names by which a learning "
        "platform may call them. With it, only who stands in it is collected.",
    ).tag(config=True)

    def extract(self, archive_path: str, extracted_path: str) -> None:
        """Unpack every zip in or below `archive_path`; the log names a zip that is refused."""
        folders = self.parent.coursedir
        course = self._course = manifest.load(Path(folders.root))
        self._archive = Archive(course)
        self._longer = extensions.lengths(folders.db_url, folders.assignment_id)
        self._unpacked: dict[str, tuple[Received, list[str]]] = {}
        self._failures = Failures()
        self.laid_out: dict[Path, _Zip] = {}
        self._unmatched: dict[str, str] = {}
        self._roster: Roster | None = None
        self._transfer_one_by_one(Path(extracted_path))
        if self.roster:
            try:
                self._roster = Roster(Path(self.roster))
            except CourseError as error:
                self.parent.fail(str(error))
        with self._ended_by_a_common_fault(Path(extracted_path)):
            self._extract(Path(archive_path), Path(extracted_path), course)

    def _extract(self, archive_path: Path, extracted_path: Path, course: Course) -> None:
        archives = sorted(archive_path.rglob("*"))
        if not archives:
            self.log.warning("No files found in directory: %s", archive_path)
        theirs: dict[str, list[_Zip]] = {}
        extracted_path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".bulk-", dir=extracted_path) as scratch:
            self._sort(archives, archive_path, extracted_path, theirs, Path(scratch))
            unpacked = False
            for student, zips in theirs.items():
                with self._failures.of(student, "could not be unpacked"):
                    unpacked |= self._receive(student, zips)
        if not unpacked:
            self._end_if_any_failed()  # nbgrader ends here, too, and says nothing of them

    def _sort(
        self,
        archives: Sequence[Path],
        above: Path,
        extracted_path: Path,
        theirs: dict[str, list[_Zip]],
        scratch: Path | None,
    ) -> None:
        """Put the zips among `archives`, which lie below `above`, into `theirs`, by student.

        A zip that names nobody may be a platform's zip of the zips of all: with a `scratch` folder,
        these are unpacked into it and looked at as if they had been put here.
        """
        for archive in archives:
            with self._failures.of(archive.name, "could not be looked at"):
                if archive.is_dir() and not archive.is_symlink():
                    continue
                if archive.is_symlink() or archive.suffix.lower() != ".zip":
                    self.log.warning("Not collected, because it is not a zip: %s", shown(archive))
                    continue
                inside = archive.relative_to(above)
                try:
                    found = self._whose(archive, inside, extracted_path)
                except CourseError as error:
                    folder = scratch and scratch / str(len(list(scratch.iterdir())))
                    if folder and (inner := bulk_zip.unpack(archive, folder)):
                        self._sort(inner, folder, extracted_path, theirs, None)
                    else:
                        # In a zip of all, the first part of the path is ours.
                        told = inside if scratch else inside.relative_to(inside.parts[0])
                        self._unmatched[shown(told)] = plain(error)
                    continue
                theirs.setdefault(found.student, []).append(found)

    def _receive(self, student: str, zips: list[_Zip]) -> bool:
        """Take all zips of a student into the archive, and unpack the newest in time.

        False when all are refused, which the log says.
        """
        taken: dict[int, _Zip] = {}
        for one in sorted(zips, key=lambda one: (one.time or datetime.min, one.path.name)):
            with self._failures.of(student, "could not be unpacked"):
                try:
                    handin = open_zip(one.path, self._course)
                except CourseError as error:
                    self.log.error("Not collected: %s", plain(error))
                    continue
                received = self._archive.take(
                    student,
                    handin.files,
                    one.time.replace(tzinfo=UTC) if one.time else None,
                    f"zip {one.path.name}",
                    handin.notes(),
                )
                taken[received.number] = one
                self.log.info("Took %s files of %s", len(handin.files), shown(one.path.name))
        if not taken:
            return False
        handins = self._archive.of(student)
        chosen = counting.newest(self._course, handins, self._longer.get(student))
        self._unpack(taken.get(chosen.number, zips[-1]), chosen, handins)
        return True

    def _whose(self, archive: Path, inside: Path, extracted_path: Path) -> _Zip:
        """Whose zip this is, by its name, or by the folder's that a platform has made for it.

        Raises CourseError for what names nobody, or nobody of the roster.
        """
        exercise = self._course.exercise.name
        outer = inside.parent.name
        name = inside.stem
        if _PLATFORMS_FOLDER.search(outer):
            stamp = _STAMP_BEFORE.match(name)
            name = "_".join([outer.rstrip("_"), *([stamp[0]] if stamp else []), exercise])
        found = self.parent.collector_plugin_inst.collect(
            str(extracted_path / name / self._course.handin.graded_notebook)
        )
        if found is None:
            raise CourseError(
                f"it does not say whose it is and when it came; call it NAME_{exercise}.zip, with "
                "the name of a student."
            )
        student = found["student_id"]
        if self._roster:
            student = self._roster.student(student)
        return _Zip(student, found["timestamp"], archive, extracted_path / name)

    def _unpack(self, one: _Zip, received: Received, handins: list[Received]) -> None:
        """Lay out what was received where nbgrader looks for the files of a zip."""
        one.folder.mkdir(parents=True, exist_ok=True)
        self.laid_out[one.folder] = one
        extra = self._longer.get(received.student)
        notes = counting.notes(self._course, handins, received, extra, {})
        files = counting.files_of(self._course, self._archive, received)
        for note in store(files, notes, one.folder, self._course):
            self.log.warning("%s: %s", shown(one.path.name), note)
        (one.folder / NOTES).touch()  # or those of an older zip would stay, file by file
        (one.folder / SECRET).write_text(received.secret, encoding="ascii")
        self._unpacked[received.student] = received, notes
        self.log.info("Unpacked %s files of %s", len(files), shown(one.path.name))

    # --- putting them into submitted/ -------------------------------------------------------------

    def _transfer_one_by_one(self, extracted_path: Path) -> None:
        """Have nbgrader put each student's files into submitted/ by itself.

        It ends with the first that it cannot put there, and takes no class of ours for this part,
        so the method of this one run of it is replaced.
        """
        stock = self.parent._transfer_files

        def transfer(collected: dict[str, dict]) -> None:
            with self._ended_by_a_common_fault(extracted_path):
                for student, data in collected.items():
                    if student not in self._unpacked:  # half laid out, which is named already
                        continue
                    with self._failures.of(student, "could not be collected"):
                        self._transfer(student, data, partial(stock, {student: data}))
            self._end_if_any_failed()

        self.parent._transfer_files = transfer

    def _transfer(self, student: str, data: dict, stock: Callable[[], None]) -> None:
        """The files of one student, whole or not at all."""
        require_student_name(student)
        folders = self.parent.coursedir
        folder = Path(
            folders.format_path(folders.submitted_directory, student, folders.assignment_id)
        )
        received, notes = self._unpacked[student]
        of_the_archive = counting.lying(folder) is not None  # so nothing is lost with it
        occupied = folder.is_dir() and any(folder.iterdir())
        if occupied and not of_the_archive and not self.parent.force:
            if _is_there(data):  # by an earlier run, which has not come to its end
                return
            raise CourseError(f"{folder} holds a hand-in already; --force replaces it.")
        try:
            if not of_the_archive:
                stock()
            # With its receipt, and a time where the zip's name gives none, which is then an empty
            # one: release_feedback ends with an error without it.
            counting.place(
                self._course, self._archive, received, notes, folder, folders.groupshared
            )
        except BaseException:
            if not of_the_archive:
                shutil.rmtree(folder, ignore_errors=True)
            raise

    @contextmanager
    def _ended_by_a_common_fault(self, extracted_path: Path) -> Iterator[None]:
        """A block that what no zip has caused, such as a full disk, ends in one sentence.

        What was unpacked is removed, for nbgrader begins with an empty folder only.
        """
        try:
            yield
        except CommonFault as fault:
            shutil.rmtree(extracted_path, ignore_errors=True)
            self._name_failures()
            self.parent.fail(str(fault))

    def _name_failures(self) -> None:
        for name, sentence in self._failures.items():
            self.log.error("Not collected: %s: %s", name, sentence)
        width = min(_WIDEST, max(map(len, self._unmatched), default=0))
        for name, sentence in self._unmatched.items():
            self.log.error("Not collected: %-*s  %s", width, name, sentence)

    def _end_if_any_failed(self) -> None:
        self._name_failures()
        if failed := len(self._failures) + len(self._unmatched):
            self.parent.fail(
                f"{failed} hand-ins were not collected; the same command with --force "
                "tries them again."
            )


@dataclass(frozen=True)
class _Zip:
    """A zip with the student and the time in its name, and the folder to unpack it into."""

    student: str
    time: datetime | None
    path: Path
    folder: Path


def _is_there(data: dict) -> bool:
    """Whether the files of a hand-in, as nbgrader has found them, are collected already."""
    pairs = zip(data["src_files"], data["dest_files"], strict=True)
    return all(
        Path(kept).is_file() and filecmp.cmp(new, kept, shallow=False)
        for new, kept in pairs
        if Path(new).name != SECRET  # ours, and another one for each time of unpacking
    )
