"""The part of ``nbgrader collect`` that takes hand-ins out of the exchange: safely, by our clock.

The inbound folder of the exchange is the students': they may put anything there, under any name,
and whenever they like. Nothing in it is believed but what the file system says.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from nbgrader.exchange.default import ExchangeCollect
from traitlets import Bool, Integer

from i2dl_course import manifest
from i2dl_course.errors import CourseError
from i2dl_course.handins.failure import CommonFault, Failures
from i2dl_course.handins.opening import MAX_ENTRIES, open_handin
from i2dl_course.handins.plain_text import plain, shown
from i2dl_course.handins.storing import SECRET, TIMESTAMP, read_secret, store
from i2dl_course.handins.student_names import composed, why_refused
from i2dl_course.handins.time_stamps import read_time_stamp
from i2dl_course.manifest import Course

_LOOKS = 3  # at a hand-in that is changed while it is read


class SafeCollect(ExchangeCollect):
    """Stands as ``ExchangeFactory.collect`` in place of nbgrader's own.

    What differs from the stock class, and why:

    * Only files on the manifest's list are taken, never through a link; the stock class copies
      whatever a link leads to, the gradebook for one. What was left out is noted in the hand-in.
    * The time of receipt is when the hand-in was last changed, which a student cannot set back.
      The stock class believes the name of the folder.
    * A hand-in that is changed while it is collected is as late as its last change.
    * A hand-in that cannot be read is collected empty, with the reason for the student, and an
      entry that is none is passed over. The stock class stops at the first, and collects no other.
    * Whatever else goes wrong with one is named at the end, and keeps no other from its place.
    """

    src_records: list[dict[str, Any]]  # as _path_to_record() gives them

    trust_stamp = Bool(
        False,
        help="Whether to believe the time that a student's own `nbgrader submit` wrote. Needed "
        "when the exchange was moved or restored, for then all hand-ins look as if they had "
        "arrived at that moment.",
    ).tag(config=True)

    tolerance = Integer(
        120,
        help="Seconds by which a hand-in's stamp may differ from the time of its last change; "
        "copying takes a while, and so the stamp counts then.",
    ).tag(config=True)

    def start(self) -> None:
        """As the stock class; what no hand-in has caused ends the command in one sentence.

        Such as a full disk: what is collected stays, and the same command goes on with the rest.
        """
        try:
            super().start()
        except CommonFault as fault:
            self._name_failures()
            self.fail(str(fault))

    def init_src(self) -> None:
        """Find each student's latest hand-in, or the latest in time with --before-duedate."""
        self._failures = Failures()
        super().init_src()
        self.src_records = [record for record in self.src_records if record["username"]]

    def copy_files(self) -> None:
        """Collect, one by one; say at the end whose stamps were not believed, and who has failed.

        Raises ExchangeError, with which the command ends, when a hand-in was not collected.
        """
        records = self.src_records
        for record in records:
            self.src_records = [record]
            with self._failures.of(record["username"], "could not be collected"):
                super().copy_files()
        self.src_records = records
        if not records:
            super().copy_files()  # says so
        restamped = [record["filename"] for record in records if not record["as_stamped"]]
        if restamped:
            self.log.warning(
                "For %s hand-ins the time of arrival counts, and not the earlier or later one of "
                "their stamp: %s. If the exchange was moved or restored, collect again with "
                "--SafeCollect.trust_stamp=True.",
                len(restamped),
                ", ".join(sorted(restamped)),
            )
        self._name_failures()
        if self._failures:
            self.fail(
                f"{len(self._failures)} hand-ins were not collected; the same command tries them "
                "again."
            )

    def _name_failures(self) -> None:
        for name, sentence in self._failures.items():
            self.log.error("Not collected: %s: %s", name, sentence)

    def _path_to_record(self, path: str) -> dict[str, Any]:
        """User name, folder and time of receipt (naive UTC); no user name for what is none."""
        filename = os.path.basename(path)
        with self._failures.of(filename, "could not be looked at"):
            if record := self._record(Path(path), filename):
                return record
        return {"username": "", "filename": filename, "timestamp": datetime.min}

    def _record(self, path: Path, filename: str) -> dict | None:
        exercise = re.escape(self.coursedir.assignment_id)
        match = re.fullmatch(rf"(.+)\+{exercise}\+([^+]*)(?:\+[^+]*)?", filename)
        arrived = _last_change(path)
        if match is None or arrived is None or not filename.isprintable():
            self.log.error("Not collected, because it is no hand-in: %s", shown(path))
            return None
        student = composed(match[1])
        if reason := why_refused(student):
            self.log.error("Not collected: %s: %s", shown(path), reason)
            return None
        stamped = read_time_stamp(match[2])
        return {
            "username": student,
            "filename": filename,
            "stamped": stamped,
            "arrived": arrived,
            **self._received(stamped, arrived, self.trust_stamp),
        }

    def _received(self, stamped: datetime | None, arrived: datetime, trust: bool) -> dict:
        """When a hand-in counts as received, and whether that is what its stamp says."""
        as_stamped = stamped is not None and (
            trust or abs(stamped - arrived) <= timedelta(seconds=self.tolerance)
        )
        return {
            "as_stamped": as_stamped,
            "timestamp": stamped if as_stamped else arrived.replace(microsecond=0),
        }

    def do_copy(self, src: str, dest: str, log: object = None) -> None:
        """Take the hand-in `src` into the new folder `dest`, which appears whole or not at all."""
        course = manifest.load(Path(self.coursedir.root))
        source, target = Path(src), Path(dest)
        [record] = self.src_records
        files, notes = self._read_unchanged(source, course, record)
        with tempfile.TemporaryDirectory(prefix=".collecting-", dir=target.parent) as work:
            folder = Path(work) / "hand-in"
            folder.mkdir()
            for note in store(files, notes, folder, course):
                self.log.warning("%s: %s", source.name, note)
            (folder / TIMESTAMP).write_text(f"{record['timestamp']} UTC", encoding="ascii")
            (folder / SECRET).write_text(read_secret(source), encoding="ascii")
            if self.coursedir.groupshared:
                self.set_perms(folder, 0o664, 0o2775)
            shutil.move(folder, target)

    def _read_unchanged(
        self, source: Path, course: Course, record: dict
    ) -> tuple[dict[str, bytes], list[str]]:
        """The files and notes of a hand-in that was not changed while it was read.

        One that changes at each look is taken as it is; what counts then is its last change.
        """
        seen = record["arrived"]
        for _ in range(_LOOKS):
            files, notes = self._read(source, course)
            changed = _last_change(source)
            if changed is None:
                raise CourseError("the hand-in was taken away while it was collected.")
            if changed == seen:
                break
            seen = changed
            record |= self._received(record["stamped"], changed, trust=False)
        return files, notes

    def _read(self, source: Path, course: Course) -> tuple[dict[str, bytes], list[str]]:
        try:
            handin = open_handin(source, course)
        except CourseError as error:
            self.log.error("Collected without a file: %s", plain(error))
            return {}, [
                "None of your files could be taken: the hand-in is damaged, too "
                "large, or holds none of the files to hand in."
            ]
        return handin.files, handin.notes()


def _last_change(folder: Path) -> datetime | None:
    """When anything in `folder` was last changed, naive UTC; None if it is no folder.

    By the ctime, which the kernel sets: a student can set back only the mtime.
    """
    try:
        info = folder.lstat()
    except OSError:
        return None
    if not stat.S_ISDIR(info.st_mode):
        return None
    latest, seen = info.st_ctime, 0
    for inside, folders, files in os.walk(folder):
        for name in (*folders, *files):
            seen += 1
            try:
                latest = max(latest, os.lstat(os.path.join(inside, name)).st_ctime)
            except OSError:  # closed to us: it cannot be collected either
                continue
        if seen > MAX_ENTRIES:  # too many to be collected
            break
    return datetime.fromtimestamp(latest, UTC).replace(tzinfo=None)
