"""The one exception of the tool that is meant for people."""

from __future__ import annotations


class CourseError(Exception):
    """Something a person has to mend; the message is one sentence: what, where, what to do."""
