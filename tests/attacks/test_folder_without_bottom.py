"""Hands in a folder nested so deep that no path can name its bottom, or with too many files.

Why it might work: an error of the file system, and not of the hand-in, ends the run for all.
It must get: one sentence.
"""

import os

from attacks.arena import reference


def test_a_folder_that_no_path_can_name_is_refused(desk, tmp_path):
    reference().write(tmp_path)
    descriptor = os.open(tmp_path, os.O_RDONLY)
    for _ in range(30):
        os.mkdir("d" * 200, dir_fd=descriptor)
        below = os.open("d" * 200, os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = below
    os.close(descriptor)
    assert "cannot be read" in desk.take_in(tmp_path)
    from i2dl_course.sandbox.process import empty_folder

    empty_folder(tmp_path)  # pytest could not


def test_a_folder_of_too_many_files_is_refused(desk, tmp_path):
    reference().write(tmp_path)
    for number in range(5001):
        (tmp_path / str(number)).touch()
    assert "more than 5000 files" in desk.take_in(tmp_path)
