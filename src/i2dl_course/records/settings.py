"""What nbgrader_config.py says, read by nbgrader's own machinery, so that both mean the same."""

from __future__ import annotations

import contextlib
import glob
import logging
import os
import re
import sys
from datetime import datetime
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_core.application import JupyterApp
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Application

from i2dl_course.errors import CourseError
from i2dl_course.handins import plain_file
from i2dl_course.handins.plain_text import shown
from i2dl_course.handins.storing import TIMESTAMP
from i2dl_course.handins.student_names import require_student_name
from i2dl_course.handins.time_stamps import read_time_stamp
from i2dl_course.manifest import Course

if TYPE_CHECKING:
    from nbgrader.plugins import LateSubmissionPlugin

_LONGEST_STAMP = 200  # bytes
# Sections of a configuration that hold old names of settings: only NbGrader itself knows them.
_WITH_OLD_NAMES = {
    "NbGrader",
    "NbGraderConfig",
    "BasicConfig",
    "BaseNbGraderApp",
    "BaseApp",
    "TransferApp",
    "BaseNbConvertApp",
}


class _ConfigurationOnly(JupyterApp):
    """What NbGrader, the base of nbgrader's commands, does with configuration files.

    NbGrader itself is imported with all preprocessors, converters and the exchange, for which each
    `course grade` would wait as long as for the verdicts on ten hand-ins.
    """

    config_file_name = "nbgrader_config"
    raise_config_file_errors = True

    def initialize(self, argv: Any = None) -> None:
        """Read all files, in the order of NbGrader.initialize."""
        sys.path.insert(0, os.getcwd())
        super().initialize(argv)
        root = CourseDirectory(parent=self).root
        Application.load_config_file(self, "nbgrader_config.py", path=root)
        self.coursedir = CourseDirectory(parent=self)

    def load_config_file(self, suppress_errors: bool = True) -> None:  # type: ignore[override]
        """Those of Jupyter, and the one of the working folder."""
        super().load_config_file(suppress_errors)
        Application.load_config_file(self, self.config_file_name, path=os.getcwd())


def _configured() -> Any:
    """An application of nbgrader's in the working folder, with its `coursedir`."""
    app: Any = _ConfigurationOnly(log_level=logging.ERROR)
    app.initialize([])
    if _WITH_OLD_NAMES & set(app.config) or "course_id" in app.config.Exchange:
        from nbgrader.apps.baseapp import NbGrader

        app = NbGrader(log_level=logging.ERROR)
        app.raise_config_file_errors = True
        app.initialize([])
    return app


class Settings:
    """Where gradebook and folders are, and what lateness costs. Raises CourseError when unclear."""

    def __init__(self, course: Course):
        require_plain_path(course)
        self.exercise = self._exercise = course.exercise.name
        try:
            with contextlib.chdir(course.root):  # where nbgrader's commands are given
                self.app = _configured()
        except Exception as error:
            raise CourseError(f"nbgrader_config.py cannot be read: {error}.") from None
        self._folders: CourseDirectory = self.app.coursedir
        # All that may change a penalty without a change to the hand-in.
        plugin = str(self.app.config.get("AssignLatePenalties", {}).get("plugin_class", ""))
        sections = ("LateSubmissionPlugin", "AssignLatePenalties", plugin.rpartition(".")[2])
        self.late_policy = repr([(name, self.app.config.get(name)) for name in sections])

    @cached_property
    def _late(self) -> LateSubmissionPlugin:
        """What says how much lateness takes. nbgrader's preprocessor is slow to import."""
        if "AssignLatePenalties" not in set(self.app.config):
            from nbgrader.plugins import LateSubmissionPlugin

            return LateSubmissionPlugin(parent=self.app)
        from nbgrader.preprocessors import AssignLatePenalties

        late = AssignLatePenalties(parent=self.app)
        late.init_plugin()
        return late.plugin_inst

    @property
    def db_url(self) -> str:
        return self._folders.db_url

    def students(self) -> list[str]:
        """Everyone with a folder in submitted/ for the exercise, sorted; also who is no student."""
        step = self._folders.submitted_directory
        pattern = re.compile(self._path(step, "(?P<student>[^/]+)", escape=True))
        matches = map(pattern.fullmatch, glob.glob(self._path(step, "*")))
        excluded = self._folders.student_id_exclude.split(",")
        return sorted(
            match["student"] for match in matches if match and match["student"] not in excluded
        )

    def submitted(self, student: str) -> Path:
        """The folder of one hand-in. Raises CourseError when its name or place is no student's."""
        require_student_name(student)
        folder = Path(self._path(self._folders.submitted_directory, student))
        if folder.parent.is_symlink():
            raise CourseError(f"{folder.parent} is a link; put the student's own folder there.")
        return folder

    def autograded(self, student: str) -> Path:
        return Path(self._path(self._folders.autograded_directory, student))

    def feedback(self, student: str) -> Path:
        return Path(self._path(self._folders.feedback_directory, student))

    def _path(self, step: str, student: str, escape: bool = False) -> str:
        return self._folders.format_path(step, student, self._exercise, escape=escape)

    @property
    def shared(self) -> bool:
        """Whether several graders, of one group, write to the course's folders."""
        return self._folders.groupshared

    @property
    def autograded_mode(self) -> int:
        return 0o664 if self._folders.groupshared else 0o444

    @property
    def feedback_mode(self) -> int:
        return 0o664 if self._folders.groupshared else 0o644

    def penalty(self, student: str, score: float, seconds_late: float) -> float | None:
        """The points that lateness takes from a notebook with `score`, as nbgrader decides it."""
        if seconds_late <= 0:
            return None
        penalty = self._late.late_submission_penalty(student, score, seconds_late)
        if penalty is None:
            return None
        return min(penalty, score) if penalty >= 0 else 0.0  # as AssignLatePenalties has it


def read_stamp(folder: Path) -> tuple[bytes, datetime | None]:
    """timestamp.txt of a collected folder: its bytes, and the time in UTC, without a zone.

    Without such a file, b"" and None. Raises CourseError when it is there and cannot be read.
    """
    path = folder / TIMESTAMP
    try:
        data = plain_file.read(folder, TIMESTAMP, _LONGEST_STAMP)
    except FileNotFoundError:
        return b"", None
    except OSError as error:
        raise CourseError(f"{path} cannot be read ({error.strerror}).") from None
    text = data.decode("utf-8", "replace").strip()
    stamp = read_time_stamp(text)
    if text and stamp is None:
        raise CourseError(
            f"{path} holds no time as nbgrader writes it, such as 2020-05-26 18:30:00 UTC, but "
            f"{shown(text)!r}; correct it."
        )
    return data, stamp


def require_plain_path(course: Course) -> None:
    """Raise CourseError when nbgrader would take the path of the course for a pattern."""
    path = str(course.root)
    if not fnmatchcase(path, path):
        raise CourseError(
            f"nbgrader takes the brackets in {path} for a pattern, and finds nothing there; "
            "give the folder a name without [ and ]."
        )
