"""What differs between the student tree and what was published before, and what must not.

A student's copy follows by nbgitpuller, which merges line by line. A notebook that both sides have
edited may be broken JSON afterwards; at a file that was deleted here and edited there, versions of
it before 1.3 stop; and a student's own cells may go on to import a module that was renamed. So no
file that was published goes away, and one that students edit changes only when somebody says why.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from i2dl_course.errors import CourseError, WithLines
from i2dl_course.publishing.tree import SUMS, Files, StudentTree, sums


@dataclass(frozen=True)
class Change:
    """Files to be written: `new` and `changed` by name; `kept` are no part of the tree any more."""

    files: Files
    new: tuple[str, ...]
    changed: tuple[str, ...]
    kept: tuple[str, ...]
    because: str | None = None

    def __bool__(self) -> bool:
        return bool(self.new or self.changed)

    @property
    def message(self) -> str:
        """What the change is, as the message of a commit."""
        counted = f"{len(self.new)} new files, {len(self.changed)} changed"
        return f"{counted}\n\n{self.because}\n" if self.because else f"{counted}\n"


@dataclass(frozen=True)
class Allowed:
    """The files which students edit and that may change all the same, and why."""

    files: frozenset[str] = frozenset()
    because: str | None = None


def change(
    tree: StudentTree,
    names: Collection[str],
    read: Callable[[str], bytes],
    allowed: Allowed,
    place: str,
) -> Change:
    """What publishing `tree` at `place` changes there.

    `names` are the files that are there, `read` gives the bytes of one. Raises CourseError that
    lists each file which must not be changed.
    """
    published: dict[str, str] = {}
    if SUMS in names:
        published = _published(read(SUMS), place)
    elif any(path not in tree.files or read(path) != tree.files[path] for path in names):
        # Files of the tree and no other are one whose first publishing was interrupted.
        raise CourseError(
            f"{place} holds files but no {SUMS}, so it is no student tree that was published "
            "before; give a new folder, an empty repository or, with --branch, a new branch."
        )
    files = dict(tree.files)
    kept = tuple(sorted(path for path in published if path not in files))
    files |= {path: read(path) for path in kept if path in names}
    files[SUMS] = sums({path: data for path, data in files.items() if path != SUMS})
    before = {path: read(path) for path in files if path in names}
    changed = tuple(sorted(path for path in before if before[path] != files[path]))
    refused = [
        sentence
        for path in sorted({*changed, *(path for path in published if path not in names)} - {SUMS})
        if path not in allowed.files
        and (sentence := _why_not(path, before, published, tree.edited))
    ]
    if refused:
        raise WithLines(
            f"Nothing was published to {place}, because of "
            f"{len(refused)} file{'s' if len(refused) > 1 else ''}:\n  "
            + "\n  ".join(refused)
            + "\nGive `--change FILE --because REASON` for each of them that must change all the "
            "same; the reason is told to students in the commit."
        )
    for path in sorted(allowed.files):
        if path not in files:
            raise CourseError(f"--change {path}: the student tree has no file of that name.")
    new = tuple(sorted(path for path in files if path not in names))
    return Change(files, new, changed, kept, allowed.because)


def _why_not(
    path: str, before: Files, published: Mapping[str, str], edited: Collection[str]
) -> str | None:
    """Why this file that would change must not, as a sentence; None when it may."""
    if path not in before:
        return f"{path}: was deleted there, and students have it; restore it."
    if path not in published:
        return f"{path}: lies there, and was not published from here; rename it there."
    if hashlib.sha256(before[path]).hexdigest() != published[path]:
        return f"{path}: was changed there by hand; make that change in the course, too."
    if path in edited:
        return f"{path}: students edit it, so their copies may not be able to follow the change."
    return None


def _published(data: bytes, place: str) -> dict[str, str]:
    """The files that were published, each with its sum."""
    found = {}
    for line in data.decode("utf-8", "replace").splitlines():
        if not (entry := re.fullmatch(r"([0-9a-f]{64})  (\S.*)", line)):
            raise CourseError(
                f"{place}: {SUMS} is not what `course publish` writes; restore it as it was."
            )
        found[entry[2]] = entry[1]
    return found
