"""When a hand-in was received, as nbgrader writes it; nothing is guessed."""

from __future__ import annotations

import re
from datetime import datetime

# nbgrader's own format with the timezone UTC, with and without parts of a second. zip_collect
# leaves the zone away, and means UTC.
_STAMP = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(\.\d{1,6})?( UTC)?", re.ASCII)


def read_time_stamp(text: str) -> datetime | None:
    """The time that `text` gives, UTC without a zone; None when it gives none."""
    match = _STAMP.fullmatch(text)
    if match is None:
        return None
    try:
        whole = datetime.strptime(match[1], "%Y-%m-%d %H:%M:%S")
    except ValueError:  # the 30th of February
        return None
    return whole.replace(microsecond=int((match[2] or ".")[1:].ljust(6, "0")))
