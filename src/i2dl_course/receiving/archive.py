"""Every hand-in that was received: its bytes, where it came from, and the ledger of receipts.

    received/<exercise>/
        ledger.jsonl      the receipts, one a line; nothing in it is ever changed
        arrivals.jsonl    to each number what is nobody else's business: origin, notes, secret
        bytes/ab/ab12…    files, and lists of files, each stored once under its SHA-256

A hand-in is written down in this order, each step on the disk before the next: its files, its line
in arrivals, its line in the ledger. Its receipt is given after the last, so that what is
acknowledged is there, whatever is killed. A half-written last line was never acknowledged, and
goes when the next is written.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
import threading
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from pathlib import Path
from typing import BinaryIO

from i2dl_course.errors import CourseError
from i2dl_course.handins.opening import HandIn
from i2dl_course.handins.student_names import require_student_name
from i2dl_course.manifest import Course
from i2dl_course.receiving import keys, receipts
from i2dl_course.receiving.receipts import Receipt

FOLDER, LEDGER, ARRIVALS = "received", "ledger.jsonl", "arrivals.jsonl"


@dataclass(frozen=True)
class Received:
    """One hand-in that was received.

    `origin` names it where it came from, as the exchange's folder or the platform's zip; `notes`
    are sentences about what was not taken; under `secret` `nbgrader fetch_feedback` finds its
    pages; `seen` is how its origin looked, by which the same is known without reading it again.
    """

    receipt: Receipt
    origin: str
    notes: tuple[str, ...]
    secret: str
    seen: str

    @property
    def number(self) -> int:
        """Its place in the order of receipt, from 1."""
        return self.receipt.number

    @property
    def student(self) -> str:
        """Whose it is."""
        return self.receipt.student

    @property
    def time(self) -> datetime | None:
        """When it was received, UTC; None where only a learning platform knows."""
        return self.receipt.time


class Archive:
    """The hand-ins received for the exercise of `course`; for many threads, and many processes.

    It is read anew as far as it has grown, so that a long-lived one costs what is new. In memory
    stands where each hand-in is written, and no more, so that a service stays small.
    """

    def __init__(self, course: Course):
        self._course = course
        self.folder = course.root / FOLDER / course.exercise.name
        # Several graders of one course share it as a folder that their group may write.
        shared = course.root.stat().st_mode & 0o020
        self._folder_mode, self._file_mode = (0o2770, 0o660) if shared else (0o700, 0o600)
        # What one thread has stored is safe when another finds it there: it waits for the first.
        self._storing = tuple(threading.Lock() for _ in range(256))  # by the folder of the bytes
        self._index = threading.Lock()  # of all below
        self._read_to = {LEDGER: 0, ARRIVALS: 0}
        self._begins = {LEDGER: array("Q"), ARRIVALS: array("Q")}  # of a hand-in's line, in bytes
        self._unnamed: dict[int, tuple[int, bytes]] = {}  # arrivals that the ledger does not name
        self._numbers: dict[str, list[int]] = {}  # by student
        self._latest: dict[int, int] = {}  # by the hash of student and origin, which are longer

    # --- reading ----------------------------------------------------------------------------------

    def count(self) -> int:
        """How many hand-ins there are. Raises CourseError for a damaged ledger, as all of these."""
        with self._index:
            self._look()
            return len(self._begins[LEDGER])

    def numbers(self) -> dict[str, list[int]]:
        """The numbers of each student's hand-ins, in the order of receipt."""
        self.count()
        with self._index:
            return {student: list(numbers) for student, numbers in self._numbers.items()}

    def all(self) -> list[Received]:
        """Every hand-in, in the order of receipt."""
        return self._read(range(1, self.count() + 1))

    def of(self, student: str) -> list[Received]:
        """Those of one student, in the order of receipt."""
        self.count()
        return self._read(list(self._numbers.get(student, ())))

    def get(self, number: int) -> Received:
        """The hand-in with this number, which must be there."""
        if number > len(self._begins[LEDGER]):
            self.count()
        return self._read([number])[0]

    def latest_from(self, student: str, origin: str) -> Received | None:
        """What a student has handed in last under this `origin`."""
        self.count()
        number = self._latest.get(hash((student, origin)))
        found = self.get(number) if number else None
        return found if found and (found.student, found.origin) == (student, origin) else None

    def _look(self) -> None:
        """Find what is new."""
        # The ledger first: what it names is in the other by then. What is in the other alone was
        # not acknowledged, or is about to be; the last line of a number is the one that counts.
        ledger = self._new_lines(LEDGER)
        for begin, line in self._new_lines(ARRIVALS):
            with self._damaged(ARRIVALS, len(self._begins[ARRIVALS]) + len(self._unnamed) + 1):
                self._unnamed[json.loads(line)["number"]] = begin, line
            self._read_to[ARRIVALS] = begin + len(line)
        for begin, line in ledger:
            number = len(self._begins[LEDGER]) + 1
            beside, arrival = self._unnamed.get(number, (0, b""))
            one = self._received(number, line, arrival)
            del self._unnamed[number]
            theirs = self._numbers.setdefault(one.student, [])
            theirs.append(number)
            self._latest[hash((one.student, one.origin))] = number
            self._begins[ARRIVALS].append(beside)
            self._begins[LEDGER].append(begin)
            self._read_to[LEDGER] = begin + len(line)

    def _new_lines(self, name: str) -> list[tuple[int, bytes]]:
        """The whole lines that have come, with their ends, and where each begins."""
        try:
            with (self.folder / name).open("rb") as file:
                file.seek(begin := self._read_to[name])
                data = file.read()
        except FileNotFoundError:
            return []
        lines = data[: data.rfind(b"\n") + 1].splitlines(keepends=True)
        begins = accumulate(map(len, lines), initial=begin)
        return list(zip(begins, lines, strict=False))  # there is one more begin than lines

    def _read(self, numbers: Sequence[int]) -> list[Received]:
        """The hand-ins with these numbers."""
        if not numbers:
            return []
        with (
            (self.folder / LEDGER).open("rb") as ledger,
            (self.folder / ARRIVALS).open("rb") as arrivals,
        ):
            return [
                self._received(
                    number,
                    self._line(LEDGER, ledger, number),
                    self._line(ARRIVALS, arrivals, number),
                )
                for number in numbers
            ]

    def _line(self, name: str, file: BinaryIO, number: int) -> bytes:
        file.seek(self._begins[name][number - 1])
        return file.readline()

    def _received(self, number: int, line: bytes, arrived: bytes) -> Received:
        """The hand-in that stands in these two lines."""
        with self._damaged(LEDGER, number):
            receipt = receipts.read(line.removesuffix(b"\n"))
            if receipt.number != number:
                raise CourseError(f"it holds receipt {receipt.number}")
        with self._damaged(ARRIVALS, number):
            arrival = json.loads(arrived)
            notes = tuple(map(str, arrival["notes"]))
            origin, secret, seen = (str(arrival[key]) for key in ("origin", "secret", "seen"))
            return Received(receipt, origin, notes, secret, seen)

    @contextmanager
    def _damaged(self, name: str, line: int) -> Iterator[None]:
        """A block that reads one line of ours, which anything can have happened to."""
        try:
            yield
        except (CourseError, ValueError, KeyError, TypeError) as error:
            why = error if isinstance(error, CourseError) else "it is missing or none of ours"
            raise CourseError(
                f"{self.folder / name}, line {line}: {why}. Put the file back from your copy; "
                "`course verify` says of a ledger what is wrong with it."
            ) from None

    def open(self, received: Received) -> HandIn:
        """The files of a hand-in, as they were taken. Raises CourseError when one is damaged."""
        files = {}
        for line in self._bytes(received.receipt.sha256).decode().splitlines():
            digest, _, name = line.partition("  ")
            files[name] = self._bytes(digest)
        return HandIn(files, earlier=received.notes)

    def _bytes(self, digest: str) -> bytes:
        path = self._place(digest)
        data = path.read_bytes() if path.is_file() else b""
        if hashlib.sha256(data).hexdigest() != digest:
            raise CourseError(f"{path} is damaged or missing; put it back from your copy.")
        return data

    def _place(self, digest: str) -> Path:
        return self.folder / "bytes" / digest[:2] / digest

    # --- taking in --------------------------------------------------------------------------------

    def take(
        self,
        student: str,
        files: Mapping[str, bytes],
        received: datetime | None,
        origin: str,
        notes: Iterable[str] = (),
        secret: str = "",
        seen: str = "",
        anew: bool = False,
    ) -> Received:
        """Write down a hand-in: safely on the disk when this returns, with its receipt.

        `files` are by their names in the manifest; `received` knows its zone, or is None; without a
        `secret` a new one is made. What has come before from the same `origin` with the same bytes
        is that hand-in, and no other, unless it is taken `anew`. Raises CourseError and OSError.
        """
        require_student_name(student)
        digest = receipts.digest_of(files)
        self._store(files)  # which takes longest, and is done for many at once
        with self._writing() as (ledger, arrivals):
            there = self.count()
            for name, file in ((LEDGER, ledger), (ARRIVALS, arrivals)):
                os.ftruncate(file.fileno(), self._read_to[name])  # half a line goes
            known = self.latest_from(student, origin)
            if known and known.receipt.sha256 == digest and not anew:
                return known
            if not there:
                keys.make(self._course.root)
            receipt = receipts.sign(
                Receipt(
                    number=there + 1,
                    student=student,
                    course=self._course.id,
                    exercise=self._course.exercise.name,
                    sha256=digest,
                    received=receipts.stamp(received),
                    before=self.get(there).receipt.hash() if there else receipts.BEFORE_THE_FIRST,
                    key="",
                ),
                keys.load_private(self._course.root),
            )
            arrival = {
                "number": receipt.number,
                "origin": origin,
                "notes": list(notes),
                "secret": secret or secrets.token_hex(64),
                "seen": seen,
            }
            _append(arrivals, json.dumps(arrival))
            _append(ledger, receipt.line())
            return self.get(receipt.number)

    def _store(self, files: Mapping[str, bytes]) -> None:
        """Have the bytes of `files` safely on the disk, as yet of no hand-in. Raises OSError."""
        for data in (*files.values(), receipts.list_of(files)):
            digest = hashlib.sha256(data).hexdigest()
            with self._storing[int(digest[:2], 16)]:
                self._write(self._place(digest), data)

    @contextmanager
    def _writing(self) -> Iterator[tuple[BinaryIO, BinaryIO]]:
        """The ends of both files, for one process at a time."""
        self._make(self.folder)
        with self._opened(LEDGER) as ledger, self._opened(ARRIVALS) as arrivals:
            fcntl.flock(ledger, fcntl.LOCK_EX)
            yield ledger, arrivals

    def _opened(self, name: str) -> BinaryIO:
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        return os.fdopen(os.open(self.folder / name, flags, self._file_mode), "r+b")

    def _write(self, path: Path, data: bytes) -> None:
        if path.exists():
            return
        self._make(path.parent)
        aside = path.with_name(f".{secrets.token_hex(8)}")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        try:
            with os.fdopen(os.open(aside, flags, self._file_mode), "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            aside.rename(path)
        except BaseException:
            aside.unlink(missing_ok=True)
            raise
        _sync(path.parent)

    def _make(self, folder: Path) -> None:
        if folder.is_dir():
            return
        self._make(folder.parent)
        folder.mkdir(exist_ok=True)
        folder.chmod(self._folder_mode)
        _sync(folder.parent)


def _append(file: BinaryIO, line: str) -> None:
    file.write(line.encode("ascii") + b"\n")
    file.flush()
    os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    """Have the names in `folder` on the disk, too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
