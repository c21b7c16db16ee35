"""Hands in a named pipe, a socket or a device in place of a file.

Why it might work: who opens a pipe that nobody writes to waits for ever.
It must get: nothing for that file, at once.
"""

import os
import socket
import stat

import pytest
from attacks.arena import LAYER, NET, reference


def _device(path):
    try:
        os.mknod(path, 0o666 | stat.S_IFCHR, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("only root can make a device")


def _socket(path):
    here = os.getcwd()
    os.chdir(path.parent)  # the name of a socket must be short
    try:
        with socket.socket(socket.AF_UNIX) as unix:
            unix.bind(path.name)
    finally:
        os.chdir(here)


@pytest.mark.parametrize("make", [os.mkfifo, _device, _socket])
def test_what_is_no_file_is_not_opened(desk, tmp_path, make):
    reference().write(tmp_path)
    (tmp_path / LAYER).unlink()
    make(tmp_path / LAYER)
    handin = desk.take_in(tmp_path)
    assert handin.refused == {LAYER: "it is not a regular file"}
    assert set(handin.files) == {NET}


def test_a_pipe_for_the_whole_hand_in_is_refused(desk, tmp_path):
    os.mkfifo(tmp_path / "exercise_05.zip")
    assert "neither a folder nor a zip" in desk.take_in(tmp_path / "exercise_05.zip")
