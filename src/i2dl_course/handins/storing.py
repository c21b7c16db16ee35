"""How a collected hand-in lies in its folder: the files that were taken, and a note about the rest.

The note travels with the files, in `left_out.txt`, so that whoever grades them or writes the
feedback later can tell the student.
"""

from __future__ import annotations

import secrets
from pathlib import Path

from i2dl_course.handins import plain_file
from i2dl_course.handins.plain_text import plain
from i2dl_course.manifest import Course

NOTES = "left_out.txt"
# nbgrader's own files beside a hand-in: the time of receipt, and what fetch_feedback asks with.
TIMESTAMP = "timestamp.txt"
SECRET = "submission_secret.txt"
RECEIPT = "receipt.txt"  # which of a student's hand-ins lies there
_MAX_NOTES = 20_000  # bytes
_MAX_SECRET = 256  # bytes; nbgrader writes 128


def store(files: dict[str, bytes], notes: list[str], folder: Path, course: Course) -> list[str]:
    """Write `files`, by their names in the manifest, and what must be said of them, to `folder`.

    Without the graded notebook stock nbgrader records no points at all, although only the .py
    files earn them: so the one that was handed out is put in its place. Returns all notes.
    """
    notes, name = list(notes), course.handin.graded_notebook
    if name not in files and (course.release_dir / name).is_file():
        files = {**files, name: (course.release_dir / name).read_bytes()}
        notes.append(
            f"{name} was not handed in, so the one that we gave out is used in its place; "
            "your .py files count all the same."
        )
    for file, data in files.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes(data)
    if notes:
        (folder / NOTES).write_text("\n".join(notes) + "\n", encoding="utf-8")
    return notes


def read_secret(folder: Path) -> str:
    """The secret in a hand-in, under which `nbgrader fetch_feedback` finds its pages; else new.

    Every hand-in has one: `nbgrader release_feedback` does not do without.
    """
    try:
        text = plain_file.read(folder, SECRET, _MAX_SECRET).decode("ascii")
    except (OSError, ValueError):
        text = ""
    return text if text.isalnum() else secrets.token_hex(64)


def stored_notes(folder: Path) -> tuple[str, ...]:
    """The notes that `store` has left in `folder`; none where there is no such plain file."""
    try:
        data = plain_file.read(folder, NOTES, _MAX_NOTES)
    except OSError:
        return ()
    return tuple(plain(line) for line in data.decode("utf-8", "replace").splitlines() if line)
