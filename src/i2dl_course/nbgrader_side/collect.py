"""The part of ``nbgrader collect`` that takes hand-ins out of the exchange: safely, by our clock.

The inbound folder of the exchange is the students': they may put anything there, under any name,
and whenever they like. Nothing in it is believed but what the file system says.
"""

import os
import re
import secrets
import shutil
import stat
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from nbgrader.exchange.default import ExchangeCollect
from nbgrader.utils import parse_utc
from traitlets import Bool, Integer

from i2dl_course import manifest
from i2dl_course.handins import plain_file
from i2dl_course.handins.opening import MAX_ENTRIES, open_handin
from i2dl_course.handins.storing import SECRET, TIMESTAMP, store
from i2dl_course.handins.unasked import shown
from i2dl_course.manifest import CourseError

_MAX_SECRET = 256  # bytes; nbgrader writes 128


class SafeCollect(ExchangeCollect):
    """Stands as ``ExchangeFactory.collect`` in place of nbgrader's own.

    What differs from the stock class, and why:

    * Only files on the manifest's list are taken, never through a link; the stock class copies
      whatever a link leads to, the gradebook for one. What was left out is noted in the hand-in.
    * The time of receipt is when the hand-in was last changed, which a student cannot set back.
      The stock class believes the name of the folder.
    * A hand-in that cannot be read is collected empty, with the reason for the student, and an
      entry that is none is passed over. The stock class stops at the first, and collects no other.
    """

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

    def init_src(self):
        """Find each student's latest hand-in, or the latest in time with --before-duedate."""
        super().init_src()
        self.src_records = [record for record in self.src_records if record["username"]]

    def copy_files(self):
        """Collect, and say at the end whose stamps were not believed."""
        super().copy_files()
        restamped = [record["filename"] for record in self.src_records if not record["as_stamped"]]
        if restamped:
            self.log.warning(
                "For %s hand-ins the time of arrival counts, and not the earlier or later one of "
                "their stamp: %s. If the exchange was moved or restored, collect again with "
                "--SafeCollect.trust_stamp=True.",
                len(restamped),
                ", ".join(map(shown, sorted(restamped))),
            )

    def _path_to_record(self, path):
        """User name, folder and time of receipt (naive UTC); no user name for what is none."""
        filename = os.path.basename(path)
        exercise = re.escape(self.coursedir.assignment_id)
        match = re.fullmatch(rf"(.+)\+{exercise}\+([^+]*)(?:\+[^+]*)?", filename)
        arrived = _last_change(Path(path))
        if match is None or arrived is None or not _names_a_folder(match[1]):
            self.log.error("Not collected, because it is no hand-in: %s", shown(path))
            return {"username": "", "filename": filename, "timestamp": datetime.min}
        stamped = _parsed(match[2])
        as_stamped = stamped is not None and (
            self.trust_stamp or abs(stamped - arrived) <= timedelta(seconds=self.tolerance)
        )
        return {
            "username": match[1],
            "filename": filename,
            "as_stamped": as_stamped,
            "timestamp": stamped if as_stamped else arrived,
        }

    def do_copy(self, src, dest, log=None):
        """Take the hand-in `src` into the new folder `dest`, which appears whole or not at all."""
        course = manifest.load(Path(self.coursedir.root))
        source, dest = Path(src), Path(dest)
        try:
            handin = open_handin(source, course)
            files, notes = handin.files, handin.notes()
        except CourseError as error:
            self.log.error("Collected without a file: %s", error)
            files, notes = (
                {},
                [
                    "None of your files could be taken: the hand-in is damaged, too "
                    "large, or holds none of the files to hand in."
                ],
            )
        with tempfile.TemporaryDirectory(prefix=".collecting-", dir=dest.parent) as work:
            folder = Path(work) / "hand-in"
            folder.mkdir()
            for note in store(files, notes, folder, course):
                self.log.warning("%s: %s", source.name, note)
            received = next(
                record["timestamp"]
                for record in self.src_records
                if record["filename"] == source.name
            )
            (folder / TIMESTAMP).write_text(f"{received} UTC", encoding="ascii")
            (folder / SECRET).write_text(_secret(source), encoding="ascii")
            if self.coursedir.groupshared:
                self.set_perms(folder, 0o664, 0o2775)
            shutil.move(folder, dest)


def _parsed(stamp: str) -> datetime | None:
    """The time that a hand-in's name gives, naive UTC; None if it gives none."""
    try:
        return parse_utc(stamp)
    except (ValueError, OverflowError, TypeError, AttributeError):  # dateutil raises all of them
        return None


def _names_a_folder(username: str) -> bool:
    """Whether the name, which becomes a folder beneath submitted/, stays there."""
    return username.isprintable() and not username.startswith((".", "-")) and username.strip() != ""


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
    return datetime.fromtimestamp(latest, UTC).replace(tzinfo=None, microsecond=0)


def _secret(source: Path) -> str:
    """The hand-in's secret, under which `nbgrader fetch_feedback` finds the feedback; else new."""
    try:
        text = plain_file.read(source, SECRET, _MAX_SECRET).decode("ascii")
    except (OSError, ValueError):
        text = ""
    return text if text.isalnum() else secrets.token_hex(64)
