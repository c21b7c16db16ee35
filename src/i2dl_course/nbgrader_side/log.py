"""What nbgrader's commands write to the terminal and to logs, made safe to be read there."""

from __future__ import annotations

import logging

from i2dl_course.handins.plain_text import plain

_LINES = "\n\t"
_formatter = logging.Formatter()


class PlainMessages(logging.Filter):
    """Lets every message through, with no character in it that a terminal would act on.

    nbgrader names the files and folders of students in its messages as they are.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """True always; changes `record`."""
        record.msg, record.args = plain(record.getMessage(), keep=_LINES), None
        if record.exc_info:
            record.exc_text = plain(_formatter.formatException(record.exc_info), keep=_LINES)
        return True
