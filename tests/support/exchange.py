"""A course's exchange as students and the collector use it, and what lies there."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from nbgrader.apps.zipcollectapp import ZipCollectApp
from nbgrader.coursedir import CourseDirectory
from support.handins import COURSE, reference
from traitlets.config import Config

from i2dl_course.nbgrader_side.collect import SafeCollect

EXERCISE = COURSE.exercise.name


def make_course(root: Path) -> Path:
    """A course with a gradebook, with the due date in it, and without hand-ins; its folder."""
    for name in ("course.toml", "nbgrader_config.py"):
        shutil.copy(COURSE.root / name, root)
    for name in ("src", "exercise_code"):
        (root / name).symlink_to(COURSE.root / name, target_is_directory=True)
    shutil.copytree(COURSE.release_dir, root / "release" / EXERCISE)
    with pytest.MonkeyPatch.context() as patch:
        # nbgrader calls alembic by name.
        patch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
        with Gradebook(f"sqlite:///{root}/gradebook.db") as book:
            book.add_assignment(EXERCISE, duedate=COURSE.exercise.due_for_nbgrader)
    return root


def now():
    return datetime.now(UTC).replace(tzinfo=None, microsecond=0)


def files(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


class Exchange:
    """A course's exchange, as students use it, and its collector."""

    def __init__(self, root: Path):
        self.root = root
        self.inbound = root / "exchange" / COURSE.id / "inbound"
        self.inbound.mkdir(parents=True, exist_ok=True)

    def hand_in(self, student="anna", stamp=None, handin=None, name=None):
        """What `nbgrader submit` leaves; the stamp is that of now unless given."""
        stamp = stamp or f"{now()} UTC"
        folder = self.inbound / (name or f"{student}+{EXERCISE}+{stamp}+abcdefghijkl")
        folder.mkdir()
        (handin or reference()).write(folder)
        (folder / "timestamp.txt").write_text(stamp)
        (folder / "submission_secret.txt").write_text("5ec12e7")
        return folder

    def collect(self, **options):
        config = Config()
        config.CourseDirectory.root = str(self.root)
        config.CourseDirectory.course_id = COURSE.id
        config.CourseDirectory.assignment_id = EXERCISE
        config.Exchange.root = str(self.root / "exchange")
        config.SafeCollect.check_owner = False
        config.SafeCollect.update(options)
        SafeCollect(coursedir=CourseDirectory(config=config), config=config).start()

    def zip_collect(self, *options):
        """The stock command, in this process; what it has changed in it is undone."""
        path, commands = list(sys.path), os.environ["PATH"]
        try:
            with contextlib.chdir(self.root):
                app = ZipCollectApp()
                app.initialize([EXERCISE, *options])
                app.start()
        finally:
            sys.path[:], os.environ["PATH"] = path, commands

    def zip_collect_in_part(self):
        """The same with --force, where some zips are nobody's: the exit code says so."""
        with pytest.raises(SystemExit) as ended:
            self.zip_collect("--force")
        assert ended.value.code == 1

    def upload(self, name, handin=None):
        """A zip as it comes from a learning platform."""
        archive = self.root / "downloaded" / EXERCISE / "archive" / name
        archive.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(archive, "w") as file:
            for path, data in (handin or reference()).files.items():
                file.writestr(path, data)
        return archive

    def students(self):
        folder = self.root / "submitted"
        return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []

    def collected(self, student="anna"):
        return self.root / "submitted" / student / EXERCISE
