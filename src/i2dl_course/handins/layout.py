"""Where in a hand-in the wanted files lie, and what is taken for which of them.

A zip has one folder around the exercise, or three, or none; a browser appends (1) to a second copy,
and .txt to what it takes for text; a disk that knows no capitals loses them. What is meant is
found all the same, and a sentence tells what was taken for what. Nothing is guessed between copies
in which somebody has worked.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from i2dl_course.handins import unasked
from i2dl_course.handins.plain_text import shown
from i2dl_course.manifest import Course, CourseError

_TOP = PurePosixPath()
# What browsers, mail and file managers make of a name: work (1).py, work - Copy.py, work.py.txt.
_ANOTHER = re.compile(r"( ?\(\d+\)| - copy| copy)+(?=\.(py|ipynb)$)")
_ENDING = re.compile(r"(?<=\.py)\.txt$|(?<=\.ipynb)\.(txt|json)$")


@dataclass(frozen=True)
class Layout:
    """`taken` says which entry is meant by a wanted name; `copies` are places of the exercise that
    are not meant; `notes` has a sentence for whatever is not as it should be.
    """

    taken: dict[str, PurePosixPath]
    place: PurePosixPath
    copies: tuple[PurePosixPath, ...]
    notes: tuple[str, ...]

    def copy_of(self, entry: PurePosixPath) -> PurePosixPath | None:
        """The copy that an entry belongs to, if it belongs to one that is not meant."""
        if not self.copies:
            return None
        around = [one for one in (self.place, *self.copies) if entry.is_relative_to(one)]
        nearest = max(around, key=lambda one: len(one.parts), default=self.place)
        return nearest if nearest in self.copies else None


def find(
    entries: Iterable[PurePosixPath],
    read: Callable[[PurePosixPath, int], bytes],
    wanted: Collection[str],
    where: Path,
    course: Course,
) -> Layout | None:
    """The layout of a hand-in with these entries; None when no wanted file is among them.

    ``read(entry, limit)`` gives the content of an entry, cut at one byte more than `limit`. Raises
    CourseError when there are several copies, and it is not clear which is meant.
    """
    entries = [entry for entry in entries if not unasked.is_litter(entry)]
    places = _places(entries, wanted)
    place = _meant(places, read, where, course) if places else _TOP
    here = set(places.get(place, ()))
    copies = sorted(other for other, held in places.items() if other != place and here & set(held))
    layout = Layout({}, place, tuple(copies), ())
    loose = [entry for entry in entries if layout.copy_of(entry) is None]
    taken, notes = {}, []
    for name in wanted:
        entry = _entry(name, place, places.get(place, {}), loose, set(entries))
        if entry is None:
            continue
        taken[name] = entry
        if entry != place / name:
            notes.append(f"{shown(entry)} was taken for {name}.")
    if not taken:
        return None
    if layout.copies:
        notes.append(f"The exercise is there more than once; judged is the one in {named(place)}.")
    return Layout(taken, place, layout.copies, tuple(notes))


def _places(
    entries: Iterable[PurePosixPath], wanted: Collection[str]
) -> dict[PurePosixPath, dict[str, list[PurePosixPath]]]:
    """Every place at which the exercise may begin, with what may be a wanted file there."""
    spelled = {_spelled(PurePosixPath(name)): name for name in wanted}
    depths = {len(parts) for parts in spelled}
    places: dict[PurePosixPath, dict[str, list[PurePosixPath]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for entry in entries:
        parts = _spelled(entry)
        for depth in depths:
            if len(parts) >= depth and (name := spelled.get(parts[-depth:])):
                places[PurePosixPath(*entry.parts[:-depth])][name].append(entry)
    return places


def _spelled(path: PurePosixPath) -> tuple[str, ...]:
    """The parts of a path as those who wrote it may have meant them.

    Of letters beyond ASCII some fold into others that look like them; these stay as they are.
    """
    *folders, file = (part.lower() if part.isascii() else part for part in path.parts)
    return (*folders, _ANOTHER.sub("", _ENDING.sub("", file)))


def _meant(
    places: dict[PurePosixPath, dict[str, list[PurePosixPath]]],
    read: Callable[[PurePosixPath, int], bytes],
    where: Path,
    course: Course,
) -> PurePosixPath:
    """The place that is meant: one in which something was written before one as handed out."""

    def work(place: PurePosixPath) -> tuple[bytes, ...]:
        """The beginnings of the code files that are not as they were handed out."""
        found = []
        for name in course.handin.files:
            for entry in places[place].get(name, ()):
                ours = course.root / name
                given = ours.read_bytes() if ours.is_file() else b""
                theirs = read(entry, len(given) + given.count(b"\n")).replace(b"\r\n", b"\n")
                if theirs != given:
                    found.append(theirs)
        return tuple(found)

    def is_named(place: PurePosixPath) -> bool:
        return place.name.lower().startswith(course.exercise.name)

    def rank(place: PurePosixPath) -> tuple[bool, bool, bool, int]:
        exact = place.name == course.exercise.name
        return place != _TOP, not exact, not is_named(place), len(place.parts)

    worked_in = {place: written for place in places if (written := work(place))}
    best = min(worked_in or places, key=lambda place: (rank(place), str(place)))
    rivals = [place for place in worked_in if rank(place) == rank(best)]
    differ = len({worked_in[place] for place in rivals}) > 1
    if differ or (len(rivals) > 1 and not is_named(best)):  # of two students, for all we know
        names = " and ".join(named(place) for place in sorted(rivals)[:3])
        raise CourseError(
            f"{where} holds the exercise more than once, in {names}, and it is not clear which is "
            "meant; give one of them."
        )
    return best


def _entry(
    name: str,
    place: PurePosixPath,
    here: dict[str, list[PurePosixPath]],
    loose: Iterable[PurePosixPath],
    entries: Collection[PurePosixPath],
) -> PurePosixPath | None:
    """What is taken for a wanted name: itself, the one that is alike, or the only one elsewhere.

    Nothing is looked for elsewhere when a folder on the way is none, but a link or a pipe.
    """
    exact, alike = place / name, here.get(name, [])
    if exact in alike:
        return exact
    if not alike and not any(parent in entries for parent in exact.parents):
        file = _spelled(PurePosixPath(name))[-1]
        alike = [entry for entry in loose if _spelled(entry)[-1] == file and exact != entry.parent]
    return alike[0] if len(alike) == 1 else None


def named(place: PurePosixPath) -> str:
    """A place in words."""
    return "the outermost folder" if place == _TOP else f"{shown(place)}/"
