"""The one exception of the tool that is meant for people."""


class CourseError(Exception):
    """Something a person has to mend; the message is one sentence: what, where, what to do."""
