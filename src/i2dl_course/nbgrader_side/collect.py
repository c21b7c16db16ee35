"""The part of ``nbgrader collect`` that takes hand-ins out of the exchange: safely, by our clock.

All of them go to the archive, with a receipt; into submitted/ goes the newest in time of each
student, in whose place whoever grades puts the best.

The inbound folder of the exchange is the students': they may put anything there, under any name,
and whenever they like. Nothing in it is believed but what the file system says.
"""

from __future__ import annotations

import os
import pwd
import re
import stat
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
from i2dl_course.handins.storing import read_secret
from i2dl_course.handins.student_names import composed, why_refused
from i2dl_course.handins.time_stamps import read_time_stamp
from i2dl_course.manifest import Course
from i2dl_course.receiving.archive import Archive, Received
from i2dl_course.records import counting, extensions

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

    owner_is_student = Bool(
        False,
        help="Whether a hand-in has to belong to the account that has the student's name, as where "
        "students have accounts. Else anybody hands in under any name, and is only warned of.",
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
        """Find all hand-ins of everybody."""
        self._failures = Failures()
        self._course = manifest.load(Path(self.coursedir.root))
        self._archive = Archive(self._course)
        self._found: list[dict[str, Any]] = []
        self._longer = extensions.lengths(self.coursedir.db_url, self.coursedir.assignment_id)
        super().init_src()  # which asks _path_to_record() of each, and then takes one of each

    def copy_files(self) -> None:
        """Collect, one by one; say at the end whose stamps were not believed, and who has failed.

        Raises ExchangeError, with which the command ends, when a hand-in was not collected.
        """
        theirs: dict[str, list[dict[str, Any]]] = {}
        for record in sorted(self._found, key=lambda one: (one["timestamp"], one["filename"])):
            theirs.setdefault(record["username"], []).append(record)
        for student, records in theirs.items():
            with self._failures.of(student, "could not be collected"):
                if chosen := self._receive(student, records):
                    self.src_records = [chosen]
                    super().copy_files()
        self.src_records = self._found
        if not theirs:
            super().copy_files()  # says so
        restamped = [record["filename"] for record in self._found if not record["as_stamped"]]
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

    def _receive(self, student: str, records: list[dict[str, Any]]) -> dict[str, Any] | None:
        """Take all of a student's hand-ins into the archive; the one for submitted/ at first.

        That is the newest in time; None when nothing is new and what lies there is in time.
        """
        taken: dict[int, dict[str, Any]] = {}
        before = {one.number for one in self._archive.of(student)}
        for record in records:
            with self._failures.of(student, "could not be collected"):
                received = self._take(student, record)
                taken[received.number] = record | {"received": received}
        handins = self._archive.of(student)
        if not taken:
            return None
        extension = self._longer.get(student)
        timely = counting.in_time(self._course, handins, extension)
        folder = Path(
            self.coursedir.format_path(
                self.coursedir.submitted_directory, student, self.coursedir.assignment_id
            )
        )
        if set(taken) <= before and counting.lying(folder) in {one.number for one in timely}:
            return None
        chosen = counting.newest(self._course, handins, extension)
        if chosen.number not in taken:  # it has come by another way, or was taken away since
            taken[chosen.number] = records[-1] | {"received": chosen}
        self._said = counting.notes(self._course, handins, chosen, extension, {})
        when = chosen.time.replace(tzinfo=None, microsecond=0) if chosen.time else None
        return taken[chosen.number] | {"timestamp": when}

    def _take(self, student: str, record: dict[str, Any]) -> Received:
        """Take one hand-in into the archive, unless it is there and looks as it did then.

        With a trusted stamp of another time it is taken once more: the first receipt stays.
        """
        source = Path(self.inbound_path) / record["filename"]
        seen = str(record["arrived"])
        known = self._archive.latest_from(student, record["filename"])
        received = record["timestamp"].replace(tzinfo=UTC)
        anew = bool(known and self.trust_stamp and known.time != received)
        if known and known.seen == seen and not anew:
            return known
        files, notes = self._read_unchanged(source, self._course, record)
        received = record["timestamp"].replace(tzinfo=UTC)  # of its last change, if it has changed
        return self._archive.take(
            student,
            files,
            received,
            record["filename"],
            notes=notes,
            secret=read_secret(source),
            seen=seen,
            anew=anew,
        )

    def _path_to_record(self, path: str) -> dict[str, Any]:
        """User name, folder and time of receipt (naive UTC); no user name for what is none."""
        filename = os.path.basename(path)
        with self._failures.of(filename, "could not be looked at"):
            if record := self._record(Path(path), filename):
                self._found.append(record)
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
        if self.owner_is_student and (owner := _owner(path)) != student:
            self.log.error("Not collected: %s belongs to %s.", shown(path), plain(owner))
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
        """Put the hand-in into the new folder `dest`, which appears whole or not at all."""
        [record] = self.src_records
        received = record["received"]
        for note in counting.place(
            self._course,
            self._archive,
            received,
            self._said,
            Path(dest),
            self.coursedir.groupshared,
        ):
            self.log.warning("%s: %s", received.origin, note)

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


def _owner(path: Path) -> str:
    """The name of the account that `path` belongs to."""
    try:
        return pwd.getpwuid(path.lstat().st_uid).pw_name
    except (OSError, KeyError):
        return "nobody known"


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
