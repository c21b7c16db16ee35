"""Reading a file that a student could have put there: what is read, and what is refused at once."""

import os
import socket
import stat

import pytest

from i2dl_course.handins.plain_file import NotPlain, read


@pytest.fixture
def folder(tmp_path):
    """A hand-in with one file, deep inside."""
    path = tmp_path / "handin" / "package" / "deep"
    path.mkdir(parents=True)
    (path / "file.py").write_bytes(b"0123456789")
    return tmp_path / "handin"


NAME = "package/deep/file.py"


@pytest.mark.parametrize(
    ("limit", "data"), [(100, b"0123456789"), (10, b"0123456789"), (4, b"0123")]
)
def test_a_file_is_read_up_to_the_limit_and_no_further(folder, limit, data):
    assert read(folder, NAME, limit) == data


def test_a_file_larger_than_memory_costs_no_more_than_the_limit(folder):
    os.truncate(folder / NAME, 1 << 43)
    assert read(folder, NAME, 12) == b"0123456789\0\0"


@pytest.mark.parametrize("level", range(4), ids=["the file", "its folder", "the package", "all"])
def test_a_link_on_any_step_of_the_way_is_not_followed(folder, level):
    mine = [folder / NAME, *(folder / NAME).parents][level]
    mine.rename(folder.parent / "elsewhere")
    mine.symlink_to(folder.parent / "elsewhere")
    with pytest.raises(OSError, match="symbolic links|Not a directory"):
        read(folder, NAME, 100)


def make_device(path):
    try:
        os.mknod(path, 0o666 | stat.S_IFCHR, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("only root can make a device")


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, make_device])
def test_what_is_no_file_is_named_and_not_waited_for(folder, make):
    (folder / NAME).unlink()
    make(folder / NAME)
    with pytest.raises(NotPlain, match="not a regular file"):
        read(folder, NAME, 100)


def test_a_socket_cannot_be_opened(folder, monkeypatch):
    (folder / NAME).unlink()
    monkeypatch.chdir(folder / "package" / "deep")  # the name of a socket must be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("file.py")
        with pytest.raises(OSError, match="No such device or address"):
            read(folder, NAME, 100)


def test_a_pipe_on_the_way_is_no_folder_and_not_waited_for(folder):
    (folder / "package").rename(folder.parent / "elsewhere")
    os.mkfifo(folder / "package")
    with pytest.raises(NotADirectoryError):
        read(folder, NAME, 100)


@pytest.mark.parametrize("gone", [NAME, "package/deep", "package"])
def test_what_has_vanished_is_told_from_what_is_refused(folder, gone):
    (folder / gone).rename(folder.parent / "elsewhere")
    with pytest.raises(FileNotFoundError):
        read(folder, NAME, 100)


@pytest.mark.parametrize("name", [NAME, "package/deep", "package/none", "package/deep/file.py/x"])
def test_no_descriptor_stays_open(folder, name):
    before = os.listdir("/proc/self/fd")
    try:
        read(folder, name, 100)
    except OSError:
        pass
    assert os.listdir("/proc/self/fd") == before
