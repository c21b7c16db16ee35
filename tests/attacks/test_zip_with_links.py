"""Hands in a zip with a link, a pipe or a device, by the mode that its list gives.

Why it might work: some tools make of it what the mode says.
It must get: nothing for that file.
"""

import stat
import zipfile

import pytest
from attacks.arena import LAYER, NET, reference

KINDS = [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK, stat.S_IFDIR]


@pytest.mark.parametrize("kind", KINDS)
def test_only_plain_files_are_taken_out(desk, tmp_path, kind):
    info = zipfile.ZipInfo(LAYER)
    info.external_attr = (kind | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(info, "/etc/passwd")
        archive.writestr(NET, reference().files[NET])
    handin = desk.take_in(tmp_path / "a.zip")
    assert set(handin.files) == {NET} and set(handin.refused) == {LAYER}
