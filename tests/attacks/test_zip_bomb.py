"""Hands in a small zip that holds a large file.

Why it might work: a kilobyte of zip unpacks to a megabyte, or with LZMA and bzip2 to a gigabyte.
It must get: one sentence, before it is unpacked.
"""

import resource
import sys
import zipfile

import pytest
from attacks.arena import LAYER

UNIT = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss, in bytes


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_a_bomb_is_not_unpacked(desk, tmp_path, method):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", method) as archive:
        with archive.open(LAYER, "w") as file:
            for _ in range(200):
                file.write(bytes(1 << 20))
    desk.take_in(tmp_path / "a.zip")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * UNIT
    said = desk.take_in(tmp_path / "a.zip")
    assert "larger than" in said or "unusual way" in said
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * UNIT - before < 50 << 20
