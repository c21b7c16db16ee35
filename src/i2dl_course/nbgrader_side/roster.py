"""Who is who: the list of a class, by which names of learning platforms become students' names.

A CSV file with a heading. The column `student` holds the name that the gradebook uses; every other
column is a name by which a platform may call them: first_name, last_name, login, email and so on.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from pathlib import Path

from i2dl_course.errors import CourseError
from i2dl_course.faults import read_text
from i2dl_course.handins.student_names import composed, why_refused

_STUDENT, _FIRST, _LAST = "student", "first_name", "last_name"


class Roster:
    """The list of the class in a file. Raises CourseError, naming the line, for a mistake in it."""

    def __init__(self, path: Path):
        self._students: dict[str, set[str]] = {}
        table = csv.DictReader(io.StringIO(read_text(path, path.name), newline=""))
        if _STUDENT not in (table.fieldnames or ()):
            raise CourseError(
                f"{path.name} has no column {_STUDENT}; its first line names the columns, such as "
                f"{_STUDENT},{_FIRST},{_LAST},email."
            )
        for row in table:
            student = composed((row[_STUDENT] or "").strip())
            if reason := why_refused(student):
                raise CourseError(f"{path.name}, line {table.line_num}: {reason}")
            for name in _names(row):
                self._students.setdefault(_key(name), set()).add(student)

    def student(self, name: str) -> str:
        """The student whom a platform calls `name`. Raises CourseError unless it is just one."""
        found = sorted(self._students.get(_key(name), ()))
        if not found:
            raise CourseError(f"the roster has nobody called {name!r}.")
        if len(found) > 1:
            raise CourseError(f"the roster has several who are called {name!r}: {found}.")
        return found[0]


def _names(row: dict[str, str | None]) -> list[str]:
    """All names of one student: each column's, and those that platforms make of several."""
    given = {key: value.strip() for key, value in row.items() if key and isinstance(value, str)}
    names = [value for value in given.values() if value]
    first, last = given.get(_FIRST, ""), given.get(_LAST, "")
    if first and last:
        login = given.get("login") or given[_STUDENT]
        names += [f"{first} {last}", f"{last} {first}", f"{last} {first} {login}"]
    return names


def _key(name: str) -> str:
    """What is left of a name without case, accents, blanks and signs, which platforms change."""
    letters = unicodedata.normalize("NFKD", name.replace("ß", "ss")).casefold()
    return "".join(letter for letter in letters if letter.isalnum())
