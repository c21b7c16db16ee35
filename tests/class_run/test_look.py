"""Nothing that was changed in a folder looks as it did."""

from __future__ import annotations

import os
import shutil
from types import SimpleNamespace

import pytest

from i2dl_course.class_run import look
from i2dl_course.class_run.look import look_at


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "hand-in"
    (made / "package").mkdir(parents=True)
    (made / "package" / "layer.py").write_text("x = 1\n")
    return made


def rewritten(path):
    """Other bytes of the same size, and the old times put back, as far as one can."""
    before = path.stat()
    path.write_text("x = 2\n")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)


def swapped(path):
    """Another file of the same size and time in its place."""
    other = path.with_name("other")
    shutil.copy2(path, other)
    rewritten(other)
    other.rename(path)


def turned_into_a_link(path):
    path.rename(path.parent.parent.parent / "elsewhere")
    path.symlink_to(path.parent.parent.parent / "elsewhere")


def wait_for_a_tick(clock, path):
    """Until the file system's clock goes on: a look within one tick may not be relied upon."""
    clock.touch()
    while clock.stat().st_ctime_ns <= path.stat().st_ctime_ns:
        clock.touch()


CHANGES = {
    "rewritten": rewritten,
    "swapped": swapped,
    "taken away": lambda path: path.unlink(),
    "another beside it": lambda path: path.with_name("mine.py").touch(),
    "renamed": lambda path: path.rename(path.with_name("mine.py")),
    "closed to us": lambda path: path.chmod(0),
    "a link": turned_into_a_link,
    "its folder is a link": lambda path: turned_into_a_link(path.parent),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_seen(folder, change):
    before = look_at(folder)
    assert look_at(folder).digest == before.digest
    path = folder / "package" / "layer.py"
    wait_for_a_tick(folder.parent / "clock", path)
    CHANGES[change](path)
    assert look_at(folder).digest != before.digest


def test_a_link_in_the_place_of_all_is_seen(folder):
    before = look_at(folder)
    folder.rename(folder.parent / "elsewhere")
    folder.symlink_to(folder.parent / "elsewhere")
    assert look_at(folder).digest != before.digest


@pytest.mark.parametrize(("seconds", "at_rest"), [(0, False), (1.5, False), (3, True)])
def test_a_look_is_relied_upon_once_all_is_at_rest(folder, monkeypatch, seconds, at_rest):
    """Within one tick of a clock, a second change leaves the same times."""
    now = (folder / "package" / "layer.py").stat().st_ctime_ns + int(seconds * 1e9)
    monkeypatch.setattr(look, "time", SimpleNamespace(time_ns=lambda: now))
    assert look_at(folder).at_rest is at_rest


def test_no_look_is_had_of_what_cannot_be_walked(folder, monkeypatch):
    assert look_at(folder / "package" / "layer.py") is None
    assert look_at(folder / "none") is None
    monkeypatch.setattr(look, "MAX_ENTRIES", 2)  # the folder itself is the third
    assert look_at(folder) is None


def test_a_loop_of_links_is_not_walked(folder):
    (folder / "up").symlink_to(folder, target_is_directory=True)
    assert look_at(folder) is not None
