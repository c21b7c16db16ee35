"""What to say about a file of a hand-in that is not on the list: nothing, or why it is left out.

None of them is ever used. Some deserve a sentence of their own all the same: who has changed a
given file must know that the change does not count, and a file with the name of a library is
either a mistake that breaks the notebook, or an attack.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.machinery import PathFinder, all_suffixes
from pathlib import Path, PurePosixPath

from i2dl_course.handins.storing import RECEIPT, SECRET, TIMESTAMP
from i2dl_course.manifest import Course

NOT_ASKED_FOR = "they are not on the list of files to hand in"
CHANGED = "they belong to the given package and were changed, and ours are used in their place"
ANOTHER_COPY = "they are other copies of the exercise"
HIDING = "they would take the place of modules of Python, of a library or of the given package"

_PACKAGE = "exercise_code"
# What editors, browsers, Macs and collecting leave behind; not worth a sentence.
_LITTER = {
    "__MACOSX",
    ".DS_Store",
    "__pycache__",
    ".ipynb_checkpoints",
    TIMESTAMP,
    SECRET,
    RECEIPT,
}
# Python and Jupyter import these at their start, where they find them.
_AT_THE_START = {"sitecustomize", "usercustomize", "ipykernel_launcher"}


def is_litter(name: PurePosixPath) -> bool:
    """Whether a file is there by nobody's will."""
    return any(part in _LITTER for part in name.parts) or name.suffix == ".pyc"


def reason(name: PurePosixPath, course: Course, read: Callable[[int], bytes]) -> str | None:
    """Why the file `name`, which is not on the list, is left out; None when that is no news.

    ``read(limit)`` gives the first bytes of its content, one more than `limit` when it is longer.
    """
    if is_litter(name) or str(name) == f"{course.exercise.name}.zip":
        return None
    ours = course.root / name
    if name.parts[0] == _PACKAGE and ours.is_file():
        return None if _alike(read, ours.read_bytes()) else CHANGED
    return HIDING if _hides_a_module(name, course.root) else NOT_ASKED_FOR


def _alike(read: Callable[[int], bytes], ours: bytes) -> bool:
    # A few more bytes, for an editor that has changed all line ends.
    theirs = read(len(ours) + ours.count(b"\n"))
    return theirs == ours or theirs.replace(b"\r\n", b"\n") == ours


def _hides_a_module(name: PurePosixPath, root: Path) -> bool:
    if not name.name.endswith(tuple(all_suffixes())):
        return False
    if name.parts[0] == _PACKAGE:
        # A folder, or a compiled module, is found before the .py file of the same name.
        return any(
            (root.joinpath(*name.parts[:depth], f"{_stem(part)}.py")).is_file()
            for depth, part in enumerate(name.parts)
            if depth
        )
    stem = _stem(name.parts[0])
    if stem in _AT_THE_START or stem in sys.stdlib_module_names:
        return True
    if not stem.isidentifier() or stem == _PACKAGE:
        return False
    # By the folders alone: what happens to be in sys.modules may be asked nothing.
    spec = PathFinder.find_spec(stem)
    return spec is not None and spec.origin is not None


def _stem(part: str) -> str:
    return part.partition(".")[0]
