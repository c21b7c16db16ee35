"""Hands in a zip whose list says another size, another number of files, or names that differ.

Why it might work: a limit that is compared with the size in the list is compared with a claim.
It must get: one sentence; what is read is counted while it is read.
"""

import struct
import zipfile

from attacks.arena import LAYER


def test_a_lying_size_is_found_out(desk, tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(LAYER, b"#" * (3 << 20))
    data = (tmp_path / "a.zip").read_bytes()
    true_size = struct.pack("<L", 3 << 20)
    assert true_size in data
    (tmp_path / "a.zip").write_bytes(data.replace(true_size, struct.pack("<L", 10)))
    assert isinstance(desk.take_in(tmp_path / "a.zip"), str)


def test_a_list_of_a_million_files_is_not_read(desk, tmp_path):
    entry = struct.pack("<4s4B4HL2L5H2L", b"PK\1\2", 20, 3, 20, *(0,) * 8, 1, *(0,) * 6) + b"a"
    files = entry * 400_000
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, len(files), 0, 0)
    (tmp_path / "a.zip").write_bytes(files + end)
    assert "more than 5000 files" in desk.take_in(tmp_path / "a.zip")


def test_a_file_with_two_names_is_refused(desk, tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(LAYER, b"x = 1")
    data = (tmp_path / "a.zip").read_bytes()
    (tmp_path / "a.zip").write_bytes(data.replace(LAYER.encode(), b"y" * len(LAYER), 1))
    assert isinstance(desk.take_in(tmp_path / "a.zip"), str)
