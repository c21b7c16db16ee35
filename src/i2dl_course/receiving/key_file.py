"""Secrets of the door, each in a file of the course's folder."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from i2dl_course.errors import CourseError

_LETTERS = 32  # which hold 192 bits
OPERATOR = ".course-operator.key"  # who can read it is told how the door does


def key(path: Path, harm: str) -> bytes:
    """The secret in the file `path`: 32 letters, which are made when there are none.

    `harm` ends the sentence that others may read it: what they could do, and what there is to do.
    Raises CourseError when it cannot be read or made, or may be read by others.
    """
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        pass
    except OSError as error:
        raise CourseError(f"{path} cannot be written ({error.strerror}).") from None
    else:
        with open(file, "wb") as new:
            new.write(secrets.token_urlsafe(_LETTERS * 3 // 4).encode())
    try:
        found, mode = path.read_bytes(), path.stat().st_mode
    except OSError as error:
        raise CourseError(f"{path} cannot be read ({error.strerror}).") from None
    if mode & 0o077:
        raise CourseError(f"{path} may be read by others, {harm}.")
    if len(found) != _LETTERS:
        raise CourseError(f"{path} holds no key; remove it, and another one is made.")
    return found
