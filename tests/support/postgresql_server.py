"""A PostgreSQL server of the tests' own: in a temporary folder, on a Unix socket, as nobody."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from i2dl_course.manifest import Course
from i2dl_course.nbgrader_side.run import command_environment, prepare_gradebook

SETTINGS = "-c listen_addresses='' -c fsync=off -c shared_buffers=16MB"


@contextmanager
def postgresql() -> Iterator[str]:
    """A server with an empty database: its SQLAlchemy URL. Fails where PostgreSQL is missing."""
    programs = _programs()
    # Short, because the path of a Unix socket must not have more than a hundred letters.
    folder = Path(tempfile.mkdtemp(prefix="i2dl-pg-"))
    data, log = folder / "data", folder / "log"
    if os.getuid() == 0:  # PostgreSQL refuses to run as root
        shutil.chown(folder, "nobody")
    else:
        folder.chmod(0o700)
    try:
        _run(
            programs / "initdb",
            "-D",
            data,
            "-U",
            "grader",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
        )
        _run(
            programs / "pg_ctl",
            "-D",
            data,
            "-l",
            log,
            "-w",
            "-o",
            f"-k {folder} {SETTINGS}",
            "start",
        )
        try:
            yield f"postgresql://grader@/postgres?host={folder}"
        finally:
            _run(programs / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder)


def move_gradebook(course: Course, url: str) -> None:
    """Give `course` a new gradebook at `url` in the place of its own, with the due date."""
    (course.root / "gradebook.db").unlink()
    with (course.root / "nbgrader_config.py").open("a", encoding="utf-8") as config:
        config.write(f"\nc.CourseDirectory.db_url = {url!r}\n")
    prepare_gradebook(course, command_environment(), db_url=url)


def _programs() -> Path:
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4])
    )
    initdb = found[-1] if found else shutil.which("initdb")
    if not initdb:
        pytest.fail("There is no PostgreSQL server here; run `bash scripts/debian-packages`.")
    return Path(initdb).parent


def _run(program: Path, *arguments: object) -> None:
    user: dict[str, Any] = {}
    if os.getuid() == 0:
        nobody = pwd.getpwnam("nobody")
        user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    # Not through pipes: the server would hold them open after pg_ctl has ended.
    with tempfile.TemporaryFile("w+") as said:
        done = subprocess.run(
            [str(program), *map(str, arguments)],
            cwd="/",
            stdout=said,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            check=False,
            **user,
        )
        said.seek(0)
        assert done.returncode == 0, said.read()
