"""Hands in a file of two megabytes of code, or a notebook of thirty.

Why it might work: all of it is read into memory, once for each student.
It must get: one sentence; no more is read than the limit.
"""

import pytest
from attacks.arena import LAYER, reference

SIZES = {LAYER: 2 << 20, "1_TwoLayerNetwork.ipynb": 30 << 20}


@pytest.mark.parametrize(("name", "size"), SIZES.items())
def test_a_file_above_its_limit_is_refused(desk, tmp_path, name, size):
    reference().write(tmp_path)
    with open(tmp_path / name, "wb") as file:
        file.truncate(size)
    assert "is larger than" in desk.take_in(tmp_path)
