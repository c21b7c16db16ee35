"""Hands in files whose names look like, or fold to, the name of a file that counts.

Why it might work: some file systems know no capitals, and some characters fold into others.
It must get: nothing; a name is the one on the list, to the byte.
"""

import pytest
from attacks.arena import LAYER, NET, reference

NAMES = [
    "exercise_code/networks/Layer.py",
    "Exercise_Code/networks/layer.py",
    "exercise_code/networks/layer.PY",
    "exercise_code/networks/\uff4cayer.py",
    "exercise_code/networks/layer.py ",
    "exercise_code/networks/layer\u200b.py",
    "exercise_code\u2215networks\u2215layer.py",
    "exercise_code/networks/layer.py/layer.py",
]


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_only_the_name_on_the_list_counts(desk, tmp_path, name):
    right = reference().files
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_bytes(right[LAYER])
    (tmp_path / NET).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / NET).write_bytes(right[NET])
    handin = desk.take_in(tmp_path)
    assert set(handin.files) == {NET} and len(handin.left_out) == 1
    assert desk.attack(handin)["affine_forward"].cause == "missing_file"
