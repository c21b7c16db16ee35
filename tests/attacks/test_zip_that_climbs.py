"""Hands in a zip with files that lead out of it: ../, /etc/, C:, backslashes.

Why it might work: who unpacks it by its names writes where the names lead.
It must get: one sentence; nothing is unpacked by its own name.
"""

import zipfile

import pytest
from attacks.arena import LAYER, reference

NAMES = [
    "../evil.py",
    "../../../HOST/evil.py",
    "/etc/evil.py",
    "..\\evil.py",
    "C:\\evil.py",
    "exercise_code/../../evil.py",
    "//server/evil.py",
    "..",
    "a/../../b",
    "\\evil.py",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_leads_outside_is_refused(desk, tmp_path, name):
    archive_path = tmp_path / "far" / "down" / "a.zip"
    archive_path.parent.mkdir(parents=True)
    with zipfile.ZipFile(archive_path, "w") as archive:
        archive.writestr(LAYER, reference().files[LAYER])
        archive.writestr(name, "evil")
    assert "outside" in desk.take_in(archive_path)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [archive_path]
