"""Folders of ours in the temporary folder: what a killed run has left goes, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from i2dl_course.sandbox import scratch
from i2dl_course.sandbox.process import NOBODY
from i2dl_course.sandbox.scratch import ScratchFolder

HOLD = (
    "import sys\n"
    "from i2dl_course.sandbox import ScratchFolder\n"
    "folder = ScratchFolder('trial')\n"
    "print(folder.path, flush=True)\n"
    "sys.stdin.read()\n"
)


@pytest.fixture
def place(tmp_path, monkeypatch):
    """The temporary folder, of this process and of those that it starts."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    scratch.clear_left_behind.cache_clear()
    return tmp_path


@pytest.fixture
def held(place):
    """A folder that another process has, and that process."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    yield process, process.stdout.readline().strip()
    process.kill()
    process.communicate()


def test_a_folder_goes_with_its_block(place):
    with ScratchFolder("trial") as folder:
        (folder / "sub").mkdir()
        assert os.listdir(place) == [folder.name]
    assert os.listdir(place) == []


def test_a_folder_goes_with_a_process_that_ends_without_a_word(place, held):
    process, _ = held
    process.communicate()
    assert os.listdir(place) == []


def test_what_a_killed_process_has_left_goes_with_the_next_folder(place, held):
    process, folder = held
    os.makedirs(f"{folder}/given/to/nobody")
    if os.geteuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
    process.kill()
    process.wait()
    assert os.path.isdir(folder)
    with ScratchFolder("trial") as mine:
        assert os.listdir(place) == [mine.name]


def test_what_a_living_process_has_stays(place, held):
    _, folder = held
    with ScratchFolder("trial"):
        assert os.path.isdir(folder)


def test_what_is_not_of_this_kind_stays(place, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "precious").touch()
    (place / "i2dl-held-link").symlink_to(elsewhere)
    (place / "i2dl-held-file").touch()
    (place / "i2dl-new-just-made").mkdir()
    (place / "others").mkdir()
    before = set(os.listdir(place))
    with ScratchFolder("trial"):
        assert set(os.listdir(place)) >= before
    assert (elsewhere / "precious").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder another user's")
def test_what_is_another_users_stays(place):
    theirs = place / "i2dl-held-trial-theirs"
    theirs.mkdir()
    os.chown(theirs, 4711, 4711)
    with ScratchFolder("trial"):
        assert theirs.is_dir()
