"""The gradebook's database: opened, looked at, and what it says turned into a sentence that helps.

Whoever opens the gradebook does it by this: a run that grades, and `course prepare`, which looks
before nbgrader does.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from nbgrader import api
from sqlalchemy.exc import DatabaseError, OperationalError, SQLAlchemyError

from i2dl_course.errors import CourseError

_SECONDS_TO_WAIT = 60  # for a formgrader that is writing to the same SQLite file
_CACHE = 1500 << 10  # bytes of a SQLite file that each connection keeps; by itself 2 MB
_LONGEST_ANSWER = 120  # characters of what a database says
_SQLITE = b"SQLite format 3\0"  # how such a file begins
# What SQLite says, and what helps.
_ADVICE = {
    ("not a database", "malformed", "disk I/O error"): "is damaged ({said}); put a copy of it in "
    "its place, for `course prepare` cannot mend it.",
    ("is locked", "is busy"): "is held by another program ({said}); close the formgrader or "
    "whatever writes to it.",
    ("readonly", "read-only"): "is read-only ({said}); make the file and its folder writable.",
    ("is full",): "is on a full disk ({said}); make room there.",
    ("unable to open",): "cannot be opened ({said}); give yourself the rights for it.",
}
_NBGRADERS = (
    api.Assignment.__table__,
    api.Notebook.__table__,
    api.Student.__table__,
    api.SubmittedAssignment.__table__,
    api.SubmittedNotebook.__table__,
    api.Grade.__table__,
    api.BaseCell.__table__,
)


def engine(db_url: str) -> sa.Engine:
    """The database at `db_url`, which is not asked anything yet. Raises CourseError."""
    try:
        url = sa.make_url(db_url)
        if url.get_backend_name() != "sqlite":
            return sa.create_engine(url)
        made = sa.create_engine(
            url,
            connect_args={"timeout": _SECONDS_TO_WAIT},
            poolclass=sa.QueuePool,
            pool_size=2,  # stay open; more are opened for a while
            pool_use_lifo=True,
        )
        sa.event.listen(made, "connect", _keep_little)
        return made
    except ImportError as error:
        raise CourseError(
            f"The gradebook's db_url in nbgrader_config.py needs {error.name or error}, which is "
            "not installed; install it, or give a database of SQLite or PostgreSQL."
        ) from None
    except (SQLAlchemyError, ValueError):  # its words may hold the password
        raise CourseError(
            "The gradebook's db_url in nbgrader_config.py is no address of a database; give one "
            "such as sqlite:///gradebook.db."
        ) from None


def _keep_little(connection: sqlite3.Connection, _: object) -> None:
    """Have a connection keep few pages of the file: the kernel keeps them, once for all."""
    connection.execute(f"PRAGMA cache_size = -{_CACHE >> 10}")


def shown(url: sa.URL | str) -> str:
    """Where a database is, as people are told it, without a password."""
    return sa.make_url(url).render_as_string(hide_password=True)


@contextmanager
def told(database: sa.Engine, kind: type[CourseError]) -> Iterator[None]:
    """A block whose errors of the database are a `kind`, with what to do."""
    try:
        yield
    except SQLAlchemyError as error:
        url = database.url
        raise kind(
            f"The gradebook {shown(url)} {_what_to_do(error, url)} What is recorded is kept, and "
            "the same command goes on."
        ) from None


def file_of(url: sa.URL) -> Path | None:
    """The file of a database of SQLite; None for another kind, or one in memory."""
    if url.get_backend_name() != "sqlite" or not url.database:
        return None
    return Path(url.database)


def has_nbgraders_tables(database: sa.Engine, ours: sa.MetaData) -> bool:
    """Whether the gradebook can be used; False when nbgrader has made nothing there yet.

    `ours` are the tables that may stand beside nbgrader's. Raises CourseError for a table of
    another version.
    """
    file = file_of(database.url)
    if file and file.is_dir():
        raise CourseError(
            f"The gradebook {file} is a folder; put it away, and the gradebook in its place, or "
            "run `course prepare` for a new one."
        )
    if file and not file.is_file():  # connecting would make an empty file
        return False
    inspector = sa.inspect(database)
    there = inspector.get_table_names()
    if _NBGRADERS[0].name not in there:
        return False
    for table in (*_NBGRADERS, *(one for one in ours.sorted_tables if one.name in there)):
        _require_columns(inspector, table, there, is_ours=table.metadata is ours)
    return True


def _require_columns(
    inspector: sa.Inspector, table: sa.Table, there: Sequence[str], is_ours: bool
) -> None:
    columns = inspector.get_columns(table.name) if table.name in there else []
    missing = sorted(
        {column.name for column in table.columns} - {column["name"] for column in columns}
    )
    if not missing:
        return
    what = f"The table {table.name} of the gradebook has no {', '.join(missing[:3])}: it is "
    if is_ours:
        raise CourseError(
            f"{what}of another version of `course`. Rename it in the database; the next run then "
            "grades everybody anew, and no grade is lost."
        )
    raise CourseError(
        f"{what}of another version of nbgrader. Run `nbgrader db upgrade`, which keeps a copy of "
        "the old one."
    )


def require_sound(db_url: str, ours: sa.MetaData) -> None:
    """Raise CourseError when `course prepare` must not touch the gradebook at `db_url`.

    None, an empty file and one of this version are sound; one that is damaged anywhere is not,
    although nbgrader may get on with it until it comes to that place.
    """
    database = engine(db_url)
    file = file_of(database.url)
    if file and file.exists() and (file.is_dir() or not _begins_as_one(file)):
        raise CourseError(
            f"{file} is there and is no gradebook; put a copy of the right one in its place, or "
            "move it away for a new one."
        )
    try:
        with told(database, CourseError):
            if has_nbgraders_tables(database, ours) and file:
                with database.connect() as connection:
                    said = connection.execute(sa.text("PRAGMA integrity_check(1)")).scalar_one()
                if said != "ok":
                    raise DatabaseError("", {}, Exception(f"malformed: {said}"))
    finally:
        database.dispose()


def _begins_as_one(file: Path) -> bool:
    with file.open("rb") as opened:
        return opened.read(len(_SQLITE)) in (b"", _SQLITE)


def _what_to_do(error: SQLAlchemyError, url: sa.URL) -> str:
    """The rest of a sentence about a gradebook that answers with `error`."""
    said = first_line(error)
    for words, advice in _ADVICE.items():
        if any(word in said for word in words):
            return f"{advice.format(said=said)}"
    if url.get_backend_name() == "sqlite":
        return f"cannot be used ({said}); look whether file, folder and disk are in order."
    return (
        f"does not answer ({said}); start the database's server, or correct db_url in "
        "nbgrader_config.py."
    )


def first_line(error: BaseException) -> str:
    """What the driver says, without the SQL; no password is ever in it."""
    said = str(getattr(error, "orig", None) or error).strip()
    return said.splitlines()[0].rstrip(".")[:_LONGEST_ANSWER] if said else type(error).__name__


def does_not_answer(error: BaseException) -> bool:
    """Whether that is how a database says that it cannot be asked just now."""
    return isinstance(error, OperationalError)


def students_and_due_date(database: sa.Engine, exercise: str) -> tuple[int, datetime | None]:
    """How many students a gradebook with nbgrader's tables knows, and when the exercise is due."""
    students, assignments = api.Student.__table__, api.Assignment.__table__
    with database.connect() as connection:
        count = connection.execute(sa.select(sa.func.count()).select_from(students)).scalar_one()
        due = connection.execute(
            sa.select(assignments.c.duedate).where(assignments.c.name == exercise)
        ).scalar_one_or_none()
    return count, due.replace(tzinfo=UTC) if due else None
