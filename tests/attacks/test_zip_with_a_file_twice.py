"""Hands in a zip with two files of one name: one for who looks, the other for who unpacks.

Why it might work: tools disagree about which of the two counts.
It must get: one sentence; it is not clear which one is meant.
"""

import warnings
import zipfile

import pytest
from attacks.arena import LAYER

NAMES = [LAYER, LAYER.replace("/", "\\"), LAYER.replace("/", "//"), LAYER.replace("/", "/./")]


@pytest.mark.parametrize("name", NAMES)
def test_two_files_of_one_name_are_refused(desk, tmp_path, name):
    with warnings.catch_warnings(), zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        warnings.simplefilter("ignore")
        archive.writestr(LAYER, "x = 1")
        archive.writestr(name, "x = 2")
    assert "twice" in desk.take_in(tmp_path / "a.zip")
