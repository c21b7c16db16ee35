"""Swaps its file for a link in the moment between the look at it and the reading.

Why it might work: what is looked at and what is read are two names of the same length, and no more.
It must get: nothing; a file is opened without following links, on any step of the way.
"""

import pytest
from attacks.arena import COURSE, LAYER, reference

from i2dl_course.handins import opening


@pytest.mark.parametrize(
    "level", range(4), ids=["the file", "its folder", "the package", "the hand-in"]
)
def test_a_swap_after_the_look_is_seen(desk, tmp_path, monkeypatch, level):
    handin = tmp_path / "hand-in"
    reference().write(handin)
    walk = opening._walk

    def walk_and_swap(folder):
        found = walk(folder)
        mine = [handin / LAYER, *(handin / LAYER).parents][level]
        mine.rename(tmp_path / "gone")
        mine.symlink_to(desk.host.folder / "source" / "exercise_05" / mine.relative_to(handin))
        return found

    with monkeypatch.context() as patch:
        patch.setattr(opening, "_walk", walk_and_swap)
        try:
            opening.open_handin(handin, COURSE)
        except opening.CourseError as error:
            said = str(error)
    assert "cannot be read" in said
