"""The one exception of the tool that is meant for people."""

from __future__ import annotations


class CourseError(Exception):
    """Something a person has to mend; the message is one sentence: what, where, what to do."""


class WithLines(CourseError):
    """One whose sentence has lines below it: places, or what another program has printed."""
