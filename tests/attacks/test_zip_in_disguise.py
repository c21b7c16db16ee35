"""Hands in a locked zip, a zip in a zip, a broken zip, and files that are only called so.

Why it might work: whatever the unpacking raises, it raises in the run for the whole class.
It must get: one sentence.
"""

import io
import zipfile

import pytest
from attacks.arena import LAYER, reference


def packed(files):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


GOOD = packed(reference().files)
LOCKED = GOOD.replace(b"PK\x03\x04\x14\x00\x00", b"PK\x03\x04\x14\x00\x01").replace(
    b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01"
)
ZIPS = {
    "nothing": b"",
    "text": b"my homework",
    "locked": LOCKED,
    "a zip in a zip": packed({"exercise_05.zip": GOOD}),
    "cut": GOOD[: len(GOOD) // 2],
    "the end alone": GOOD[-22:],
    "noise inside": GOOD[:200] + bytes(300) + GOOD[500:],
    "an unknown method": GOOD.replace(b"\x08\x00", b"\x63\x00"),
    "only folders": packed({"exercise_code/": b"", "exercise_code/networks/": b""}),
    "two hand-ins": packed({"a/" + LAYER: b"", "b/" + LAYER: b""}),
}


@pytest.mark.parametrize("what", ZIPS)
def test_what_cannot_be_opened_is_one_sentence(desk, tmp_path, what):
    (tmp_path / "a.zip").write_bytes(ZIPS[what])
    assert isinstance(desk.take_in(tmp_path / "a.zip"), str)
