"""Personal links: who holds one may hand in as that student, until it expires or is revoked.

A link holds the student's name, the day it ends and a serial number, signed with a key that never
leaves the course's folder. Nothing else is kept of it: to revoke a student's links is to raise the
serial number below which none of theirs counts.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from itsdangerous import BadData, URLSafeSerializer

from i2dl_course.handins.student_names import require_student_name, why_refused
from i2dl_course.receiving.key_file import key
from i2dl_course.records.link_serials import LinkSerials

KEY_FILE = ".course-links.key"
_HARM = (
    "who could then hand in as anybody: remove it, which ends all links, and write new ones by "
    "`course links`"
)


class PersonalLinks:
    """Makes and reads the links of the exercise in the course at `root`.

    Raises CourseError when the key cannot be read, or may be read by others.
    """

    def __init__(self, root: Path, exercise: str, serials: LinkSerials):
        secret = key(root / KEY_FILE, _HARM)
        self._signer = URLSafeSerializer(secret, salt=f"course links {exercise}")
        self._serials = serials

    def token(self, student: str, days: int, now: datetime | None = None) -> str:
        """What stands at the end of a link of `student`, good for `days` days.

        Raises CourseError for a name that nobody may have.
        """
        require_student_name(student)
        ends = (now or datetime.now(UTC)) + timedelta(days=days)
        return str(self._signer.dumps([student, int(ends.timestamp()), self._serials.of(student)]))

    def student(self, token: str, now: datetime | None = None) -> str | None:
        """Whose link this is; None for one that is forged, expired or revoked."""
        try:
            student, ends, serial = self._signer.loads(token)
        except (BadData, ValueError, TypeError):
            return None
        if (now or datetime.now(UTC)).timestamp() >= ends or why_refused(student):
            return None
        return student if serial >= self._serials.of(student) else None
