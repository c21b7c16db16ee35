"""Whatever is raised while one hand-in is dealt with is that hand-in's failure, and no other's.

Whoever takes hand-ins one after the other opens a block for each by :meth:`Failures.of`. What the
block raises is kept as one sentence, and the next hand-in has its turn. What passes: a CommonFault,
which a full disk is, too, and what is no Exception, such as a Ctrl-C.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from i2dl_course import faults
from i2dl_course.errors import CourseError
from i2dl_course.handins.plain_text import plain, shown

_LONGEST = 300  # characters of what a library says


class CommonFault(CourseError):
    """What no hand-in has caused and none can be spared, such as a gradebook on a full disk."""


class Failures(dict[str, str]):
    """One sentence for each hand-in that has failed, by student."""

    @contextmanager
    def of(self, student: str, what: str) -> Iterator[None]:
        """A block about the hand-in of `student`; `what` says what failed if it raises."""
        try:
            yield
        except CommonFault:
            raise
        except Exception as error:
            if isinstance(error, OSError) and faults.is_common(error):
                raise CommonFault(faults.told(error)) from None
            self[shown(student)] = sentence(error, what)


def sentence(error: Exception, what: str) -> str:
    """What `error` says, in one sentence that can be printed; never raises.

    A CourseError is one already. Of any other, `what` says what failed, and the kind and first line
    of the error why.
    """
    try:
        said = str(error)
    except Exception:  # its own, or of something that it holds
        said = ""
    if isinstance(error, CourseError) and said:
        return plain(said)
    if isinstance(error, OSError) and error.strerror:
        place = f": {error.filename}" if error.filename else ""
        said = f"{error.strerror}{place}"
    else:
        lines = said.strip().splitlines() or [""]
        said = f"{type(error).__name__}{': ' if lines[0] else ''}{lines[0]}"
    said = plain(said)
    return f"{what} ({said if len(said) <= _LONGEST else said[:_LONGEST] + '…'})."
