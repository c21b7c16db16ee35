"""Reception: what comes in is written down, in the archive and in the queue, or refused.

A zip is opened by the same code as every other hand-in, and only the files on the manifest's list
are kept. Once :meth:`Reception.take` returns, neither a kill nor a power cut loses the hand-in.
"""

from __future__ import annotations

import tempfile
from datetime import datetime
from pathlib import Path

from i2dl_course.errors import CourseError
from i2dl_course.handins.opening import HandIn, open_zip
from i2dl_course.manifest import Course
from i2dl_course.receiving.archive import Archive, Received
from i2dl_course.records.handin_queue import HandinQueue


class Reception:
    """Takes hand-ins for `course`, and knows all that were received; for many threads.

    `scratch` is a folder of its own.
    """

    def __init__(self, course: Course, queue: HandinQueue, scratch: Path):
        self._course = course
        self._queue = queue
        self._scratch = scratch
        self.archive = Archive(course)

    def take(
        self, student: str, data: bytes, name: str, received: datetime
    ) -> tuple[Received, bool]:
        """Take the zip `data`, `received` then; the hand-in, and whether it is new.

        `name` is what the sender calls it: sent a second time, it is the same hand-in. Raises
        CourseError with a sentence for the student when it is none, and then nothing is kept.
        """
        handin = self._open(data)
        one = self.archive.take(student, handin.files, received, f"door {name}", handin.notes())
        return one, self._queue.add(one.number, student)

    def _open(self, data: bytes) -> HandIn:
        with tempfile.TemporaryDirectory(dir=self._scratch) as work:
            archive = Path(work) / "hand-in.zip"
            archive.write_bytes(data)
            try:
                return open_zip(archive, self._course)
            except CourseError as error:
                raise CourseError(str(error).replace(str(archive), "What you sent")) from None

    def queue_the_rest(self) -> list[Received]:
        """Put into the queue what is in the archive alone; what was put there.

        That is what came by another way, or was received by one who was killed in that moment.
        """
        rest = self._queue.missing(range(1, self.archive.count() + 1))
        found = map(self.archive.get, rest)
        return [one for one in found if self._queue.add(one.number, one.student)]

    def get(self, number: int) -> Received:
        """The hand-in with this number, which must be there."""
        return self.archive.get(number)

    def files(self, number: int) -> HandIn:
        """Its files. Raises CourseError when one is damaged."""
        return self.archive.open(self.get(number))
