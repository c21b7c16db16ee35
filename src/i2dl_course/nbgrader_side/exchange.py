"""nbgrader's exchange, as a running service needs it: one student's hand-ins in, and pages out."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange import ExchangeError
from nbgrader.utils import notebook_hash

from i2dl_course.errors import CourseError
from i2dl_course.handins.storing import SECRET
from i2dl_course.handins.student_names import composed, why_refused
from i2dl_course.nbgrader_side.collect import SafeCollect
from i2dl_course.nbgrader_side.release_feedback import ReleaseOneByOne
from i2dl_course.records.settings import Settings


class CourseExchange:
    """The exchange of `settings`, by the classes that the commands use."""

    def __init__(self, settings: Settings):
        self._settings = settings
        self._exercise = settings.exercise
        collect = self._made(SafeCollect, "")
        self.inbound = Path(collect.root) / collect.coursedir.course_id / "inbound"

    @property
    def there(self) -> bool:
        """Whether there is an exchange whose hand-ins we may read."""
        return self.inbound.is_dir() and os.access(self.inbound, os.R_OK | os.X_OK)

    def student(self, entry: str) -> str | None:
        """Whose hand-in of the exercise an entry of the inbound folder is; None for none."""
        match = re.fullmatch(rf"(.+)\+{re.escape(self._exercise)}\+[^+]*(?:\+[^+]*)?", entry)
        name = composed(match[1]) if match else ""
        return None if why_refused(name) else name

    def is_whole(self, entry: str) -> bool:
        """Whether `nbgrader submit` has written the last file of a hand-in."""
        return (self.inbound / entry / SECRET).exists()

    def collect(self, student: str) -> None:
        """As `nbgrader collect` for one student. Raises CourseError."""
        self._start(self._made(SafeCollect, student))

    def release(self, student: str) -> None:
        """As `nbgrader release_feedback` for one student. Raises CourseError."""
        self._start(self._made(ReleaseOneByOne, student))

    def put(self, secret: str, pages: Mapping[str, bytes], anew: bool = True) -> None:
        """Release `pages`, by notebook, of the one hand-in with this secret, as nbgrader does.

        With `anew` they take the place of those that are there. Raises OSError.
        """
        folder = self.inbound.parent / "feedback"
        if not folder.is_dir():  # it is made with its rights by the first release of nbgrader's
            return
        for notebook, page in pages.items():
            name = notebook_hash(secret=secret, notebook_id=notebook)
            aside = folder / f"{name}-{'new' if anew else 'first'}-tmp.html"
            aside.write_bytes(page)
            aside.chmod(0o644)
            if anew:
                aside.rename(folder / f"{name}.html")
                continue
            with suppress(FileExistsError):
                (folder / f"{name}.html").hardlink_to(aside)
            aside.unlink()

    def _made(self, kind: type[Any], student: str) -> Any:
        app = self._settings.app
        folders = CourseDirectory(parent=app)
        folders.assignment_id, folders.student_id = self._exercise, student or "*"
        return kind(coursedir=folders, parent=app)

    def _start(self, step: Any) -> None:
        try:
            step.start()
        except ExchangeError as error:
            raise CourseError(f"The exchange {self.inbound.parent}: {error}.") from None
