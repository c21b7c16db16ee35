"""What a student may be called: one rule at every door by which a name comes in.

The name becomes a folder, a key of the gradebook's tables (String(128)), a cell of the table that
`nbgrader export` writes, and part of the shell patterns by which nbgrader finds files again.
"""

from __future__ import annotations

import unicodedata

from i2dl_course.errors import CourseError
from i2dl_course.handins.plain_text import shown

LONGEST = 128  # characters: what nbgrader's gradebook keeps on every database
_SIGNS = frozenset("._@-")
_INSIDE = frozenset(" '\N{RIGHT SINGLE QUOTATION MARK}")


def why_refused(name: str) -> str | None:
    """Why nobody may be called `name`, in one sentence; None when somebody may.

    Allowed are letters of any language with their marks, digits, and ``. _ @ -``; a blank and an
    apostrophe inside; a letter or a digit first; in Unicode's composed form (NFC), so that two
    names that look alike are one.
    """
    who = f"{shown(name)!r} cannot be the name of a student"
    if not name:
        return "A hand-in without a student's name belongs to nobody."
    if len(name) > LONGEST:
        return f"{who}: it has more than {LONGEST} characters."
    if not _is_letter_or_digit(name[0]) or unicodedata.category(name[0])[0] == "M":
        return f"{who}: it does not begin with a letter or a digit."
    for character in name:
        if not (_is_letter_or_digit(character) or character in _SIGNS or character in _INSIDE):
            return f"{who}: it holds {_named(character)}."
    if name[-1] in _INSIDE:
        return f"{who}: it ends with {_named(name[-1])}."
    if not unicodedata.is_normalized("NFC", name):
        return f"{who}: an accent in it is a character of its own; write it in composed form (NFC)."
    return None


def require_student_name(name: str) -> None:
    """Raises CourseError with one sentence when nobody may be called `name`."""
    if reason := why_refused(name):
        raise CourseError(reason)


def composed(name: str) -> str:
    """`name` as it is written here: some systems write an accent as a character of its own."""
    return unicodedata.normalize("NFC", name)


def _is_letter_or_digit(character: str) -> bool:
    return character.isdecimal() or unicodedata.category(character)[0] in "LM"


def _named(character: str) -> str:
    name = unicodedata.name(character, "").lower()
    return f"U+{ord(character):04X} ({name or 'a character that cannot be printed'})"
