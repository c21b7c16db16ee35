"""Whether a course could take in, grade and keep hand-ins here: what `course doctor` looks at.

Nothing is written, and nothing is made: a course that was never prepared stays so.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import stat
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path

from i2dl_course.errors import CourseError
from i2dl_course.handins.failure import sentence
from i2dl_course.manifest import Course
from i2dl_course.nbgrader_side.exchange import CourseExchange
from i2dl_course.receiving import key_file, keys, rules
from i2dl_course.receiving.archive import Archive
from i2dl_course.records import database
from i2dl_course.records.settings import Settings
from i2dl_course.records.tables import OURS

_GB = 1 << 30
_LITTLE = 1 * _GB  # of disk: less stops a class of a thousand in its midst
_SECONDS_FOR_THE_SERVICE = 3
_TIME_ERROR = 5  # of adjtimex(2): the clock is not synchronised
_TIMEX_BYTES = 512  # more than a struct timex has


class State(Enum):
    """How a thing is: as it should be, worth a look, or to be mended before anything goes well."""

    OK = "ok"
    LOOK = "look"
    MEND = "mend"


@dataclass(frozen=True)
class Readiness:
    """One thing that was looked at, and what was found; unless it is OK with what to do."""

    what: str
    state: State
    says: str


def readiness(course: Course, service: str) -> list[Readiness]:
    """All that there is to say; `service` is the address at which one may be running."""
    lines = []
    looks: tuple[tuple[str, Callable[[], Readiness]], ...] = (
        ("database", lambda: _database(course)),
        ("exchange", lambda: _exchange(course)),
        ("course folder", lambda: _folder(course)),
        ("clock", lambda: _clock(course)),
        ("disk", lambda: _disk(course)),
        ("receipts", lambda: _receipts(course)),
        ("service", lambda: _service(course, service)),
    )
    for what, look in looks:
        try:
            lines.append(look())
        except (CourseError, OSError) as error:
            lines.append(
                Readiness(what, State.MEND, sentence(error, f"{what} cannot be looked at"))
            )
    return lines


def _database(course: Course) -> Readiness:
    settings = Settings(course)
    engine = database.engine(settings.db_url)
    where = database.shown(engine.url)
    try:
        with database.told(engine, CourseError):
            if not database.has_nbgraders_tables(engine, OURS):
                said = f"{where} is not there yet: `course prepare` makes it."
                return Readiness("database", State.LOOK, said)
            students, due = database.students_and_due_date(engine, course.exercise.name)
    finally:
        engine.dispose()
    if due != course.exercise.closes:
        told = rules.local(course.exercise, due) if due else "no due date"
        return Readiness(
            "database",
            State.MEND,
            f"{where} says {told}, and course.toml another moment: `course prepare` puts it right.",
        )
    file = database.file_of(engine.url)
    if file and not os.access(file, os.W_OK):
        return Readiness("database", State.MEND, f"{file} is read-only for you; make it writable.")
    return Readiness("database", State.OK, f"{where}, {students} students, due as in course.toml.")


def _exchange(course: Course) -> Readiness:
    exchange = CourseExchange(Settings(course))
    inbound, root = exchange.inbound, exchange.inbound.parents[1]
    if not root.is_dir():
        said = f"There is none at {root}: students' zips are taken, or set Exchange.root."
        return Readiness("exchange", State.LOOK, said)
    if not _others(root, stat.S_IRWXO):
        said = f"{root} is closed to some: `chmod ugo+rwx {root}`, as nbgrader asks for."
        return Readiness("exchange", State.MEND, said)
    if not root.stat().st_mode & stat.S_ISVTX:
        said = f"Everybody can put another folder in place of one in {root}: `chmod +t {root}`."
        return Readiness("exchange", State.LOOK, said)
    if not inbound.is_dir():
        said = f"{root}; {course.exercise.name} is not released there yet."
        return Readiness("exchange", State.OK, said)
    if _others(inbound, stat.S_IROTH, some=True):
        said = f"Students can list {inbound}, and read who hands in: `chmod o-r {inbound}`."
        return Readiness("exchange", State.MEND, said)
    if not _others(inbound, stat.S_IWOTH | stat.S_IXOTH):
        said = f"Students cannot hand in to {inbound}: `chmod o+wx {inbound}`."
        return Readiness("exchange", State.MEND, said)
    if not exchange.there:
        said = f"You cannot read {inbound}: collect as its owner, or with its group."
        return Readiness("exchange", State.MEND, said)
    return Readiness(
        "exchange", State.OK, f"{inbound}: students can put hand-ins there, not list them."
    )


def _others(path: Path, bits: int, some: bool = False) -> bool:
    """Whether others have these rights on `path`: all of them, or at least some."""
    found = path.stat().st_mode & bits
    return bool(found) if some else found == bits


def _folder(course: Course) -> Readiness:
    root = course.root
    if not os.access(root, os.W_OK):
        return Readiness("course folder", State.MEND, f"{root} is read-only for you.")
    if _others(root, stat.S_IROTH | stat.S_IXOTH, some=True):
        said = f"Everybody here can enter {root}, with its solution and grades: `chmod o= {root}`."
        return Readiness("course folder", State.LOOK, said)
    return Readiness("course folder", State.OK, f"{root} is closed to students.")


def _clock(course: Course) -> Readiness:
    now = datetime.now(UTC)
    said = f"{rules.local(course.exercise, now)}."
    last = [one.time for one in Archive(course).all()[-1:] if one.time]
    if last and last[0] > now:
        return Readiness(
            "clock",
            State.MEND,
            f"{said} The last receipt is of {rules.local(course.exercise, last[0])}: the clock "
            "was set back, or is wrong.",
        )
    if not _synchronised():
        advice = " No time server keeps it; receipts have its time: `timedatectl set-ntp true`."
        return Readiness("clock", State.LOOK, said + advice)
    return Readiness("clock", State.OK, f"{said[:-1]}, kept by a time server.")


def _synchronised() -> bool:
    """Whether the kernel says that its clock is kept right; True where it cannot be asked."""
    if sys.platform != "linux":
        return True
    library = ctypes.CDLL(None, use_errno=True)
    return library.adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES)) != _TIME_ERROR


def _disk(course: Course) -> Readiness:
    free = shutil.disk_usage(course.root).free
    said = f"{free / _GB:.1f} GB free at {course.root}"
    if free < _LITTLE:
        return Readiness("disk", State.MEND, f"{said}: make room, a class of 1,000 takes 1 GB.")
    return Readiness("disk", State.OK, f"{said}.")


def _receipts(course: Course) -> Readiness:
    if not (course.root / keys.PRIVATE).exists():
        said = f"{keys.PRIVATE} is not there yet: `course prepare` makes it."
        return Readiness("receipts", State.LOOK, said)
    keys.load_private(course.root)  # raises unless it is a key, and closed to others
    count = Archive(course).count()
    return Readiness("receipts", State.OK, f"{count} in the ledger; keep a copy of {keys.PRIVATE}.")


def _service(course: Course, address: str) -> Readiness:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # it is this computer
    question = urllib.request.Request(f"{address}/health")
    with suppress(FileNotFoundError):  # no service was ever started here
        key = (course.root / key_file.OPERATOR).read_text(encoding="ascii")
        question.add_header("Authorization", f"Bearer {key}")
    try:
        with opener.open(question, timeout=_SECONDS_FOR_THE_SERVICE) as answer:
            health = json.load(answer)
    except urllib.error.HTTPError as error:
        health = _json_of(error)
    except (OSError, ValueError):
        said = f"None at {address}: `course serve` starts one, for hand-ins over HTTP."
        return Readiness("service", State.LOOK, said)
    faults = list(_faults(health))
    if faults:
        return Readiness("service", State.MEND, " ".join(faults))
    return Readiness("service", State.OK, f"It takes hand-ins at {address}.")


def _json_of(error: urllib.error.HTTPError) -> object:
    try:
        return json.load(error)
    except ValueError:
        return None


def _faults(health: object) -> Iterator[str]:
    if not isinstance(health, dict) or "faults" not in health:
        yield "What answers there is not `course serve`; give --service ADDRESS."
    else:
        yield from map(str, health["faults"])
