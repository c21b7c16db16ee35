"""Submissions made of the reference with pieces of its source replaced."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from support.handins import COURSE, LAYER, NET

from benchmarks import in_process
from i2dl_course import sandbox
from i2dl_course.judging.referee import Referee
from i2dl_course.samples import variants

REFERENCE = variants.reference(COURSE)


def sources(*replacements: tuple[str, str]) -> tuple[str, str]:
    """The text of layer.py and two_layer_net.py, with each old text replaced by its new one.

    As in instructor/mutants/: an old text must stand in exactly one place of the two files, and the
    lines of a new text are written without the indentation of that place.
    """
    files = variants.replaced(REFERENCE.files, dict(replacements))
    return files[LAYER], files[NET]


def submission(*replacements: tuple[str, str]) -> Any:
    """The reference with pieces replaced, as a Submission in this process."""
    return in_process.submission(dict(zip((LAYER, NET), sources(*replacements), strict=True)))


SEED = 20  # of the cases that variants are judged on, here and by the referee


@contextmanager
def referee() -> Iterator[Referee]:
    """The referee of a class: a worker in a sandbox for each hand-in."""
    with closing(sandbox.launcher(warm=True)) as launch, Referee(COURSE, launch) as judge:
        yield judge
