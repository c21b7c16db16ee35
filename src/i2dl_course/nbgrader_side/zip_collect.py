"""The parts of ``nbgrader zip_collect`` that unpack and tell whose a zip is: one by one, safely.

A bad zip, or one with a bad name, harms no other.
"""

from __future__ import annotations

import filecmp
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from nbgrader.plugins import ExtractorPlugin, FileNameCollectorPlugin

from i2dl_course import manifest
from i2dl_course.errors import CourseError
from i2dl_course.handins.failure import CommonFault, Failures
from i2dl_course.handins.opening import open_zip
from i2dl_course.handins.plain_text import plain, shown
from i2dl_course.handins.storing import NOTES, SECRET, store
from i2dl_course.handins.student_names import composed, require_student_name, why_refused
from i2dl_course.handins.time_stamps import read_time_stamp
from i2dl_course.manifest import Course
from i2dl_course.nbgrader_side import counting, extensions
from i2dl_course.receiving.archive import Archive, Received


class SafeNames(FileNameCollectorPlugin):
    """Reads student and time from the name of a zip, by the expression in nbgrader_config.py.

    What the stock class finds is believed by nbgrader: a name that is none becomes a folder, and a
    time that is none ends the run.
    """

    def collect(self, submitted_file: str) -> dict | None:
        """As the stock class; None, too, for a name or a time that is none."""
        if (found := super().collect(submitted_file)) is None:
            return None
        student, stamp = composed(found["student_id"]), found.get("timestamp")
        time = _time(stamp) if stamp else None
        if why_refused(student) or (stamp and time is None):
            return None
        return {**found, "student_id": student, "timestamp": time}


def _time(stamp: str) -> datetime | None:
    """The time in the name of a zip, 2020-05-26T183000Z."""
    day, clock = stamp[:10], stamp[11:17]
    return read_time_stamp(f"{day} {clock[:2]}:{clock[2:4]}:{clock[4:]} UTC")


class SafeExtractor(ExtractorPlugin):
    """Unpacks each student's zip into a folder of its own name; only files on the manifest's list.

    The stock class unpacks whatever is in an archive, archives within it too, without a limit, and
    one damaged archive ends the whole run.
    """

    def extract(self, archive_path: str, extracted_path: str) -> None:
        """Unpack every zip in or below `archive_path`; the log names a zip that is refused."""
        folders = self.parent.coursedir
        course = self._course = manifest.load(Path(folders.root))
        self._archive = Archive(course)
        self._longer = extensions.lengths(folders.db_url, folders.assignment_id)
        self._unpacked: dict[str, tuple[Received, list[str]]] = {}
        self._failures = Failures()
        self._transfer_one_by_one(Path(extracted_path))
        with self._ended_by_a_common_fault(Path(extracted_path)):
            self._extract(Path(archive_path), Path(extracted_path), course)

    def _extract(self, archive_path: Path, extracted_path: Path, course: Course) -> None:
        archives = sorted(archive_path.rglob("*"))
        if not archives:
            self.log.warning("No files found in directory: %s", archive_path)
        theirs: dict[str, list[_Zip]] = {}
        for archive in archives:
            with self._failures.of(archive.name, "could not be looked at"):
                folder = extracted_path / archive.relative_to(archive_path).with_suffix("")
                if found := self._look_at(archive, folder, course):
                    theirs.setdefault(found.student, []).append(found)
        unpacked = False
        for student, zips in theirs.items():
            with self._failures.of(student, "could not be unpacked"):
                unpacked |= self._receive(student, zips)
        if not unpacked:
            self._end_if_any_failed()  # nbgrader ends here, too, and says nothing of them

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

    def _look_at(self, archive: Path, folder: Path, course: Course) -> _Zip | None:
        """Whose zip this is; None for what is none, which the log says."""
        if archive.is_dir() and not archive.is_symlink():
            return None
        if archive.is_symlink() or archive.suffix.lower() != ".zip":
            self.log.warning("Not collected, because it is not a zip: %s", shown(archive))
            return None
        found = self.parent.collector_plugin_inst.collect(
            str(folder / course.handin.graded_notebook)
        )
        if found is None:
            self.log.error(
                "Not collected: %s does not say whose it is and when it came; call it "
                "NAME_%s.zip, with the name of a student.",
                shown(archive),
                course.exercise.name,
            )
            return None
        return _Zip(found["student_id"], found["timestamp"], archive, folder)

    def _unpack(self, one: _Zip, received: Received, handins: list[Received]) -> None:
        """Lay out what was received where nbgrader looks for the files of a zip."""
        one.folder.mkdir(parents=True, exist_ok=True)
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

    def _end_if_any_failed(self) -> None:
        self._name_failures()
        if self._failures:
            self.parent.fail(
                f"{len(self._failures)} hand-ins were not collected; the same command with --force "
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
