"""Hands in files whose names look like, or fold to, the name of a file that counts.

Why it might work: some file systems know no capitals, and some characters fold into others.
It must get: what its own file is worth where only capitals differ, and is told so; else nothing.
"""

import pytest
from attacks.arena import LAYER, NET, reference

CAPITALS = [
    "exercise_code/networks/Layer.py",
    "Exercise_Code/networks/layer.py",
    "exercise_code/networks/layer.PY",
]
NAMES = [
    "exercise_code/networks/\uff4cayer.py",
    "exercise_code/networks/layer.py ",
    "exercise_code/networks/layer\u200b.py",
    "exercise_code\u2215networks\u2215layer.py",
    "exercise_code/networks/layer.py/layer.py",
]


def taken_in(desk, folder, name):
    right = reference().files
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(right[LAYER])
    (folder / NET).parent.mkdir(parents=True, exist_ok=True)
    (folder / NET).write_bytes(right[NET])
    return desk.take_in(folder)


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_only_the_name_on_the_list_counts(desk, tmp_path, name):
    handin = taken_in(desk, tmp_path, name)
    assert set(handin.files) == {NET} and len(handin.left_out) == 1
    assert desk.attack(handin)["affine_forward"].cause == "missing_file"


@pytest.mark.parametrize("name", CAPITALS)
def test_a_name_with_other_capitals_is_taken_for_the_one_on_the_list_and_told(desk, tmp_path, name):
    handin = taken_in(desk, tmp_path, name)
    assert set(handin.files) == {NET, LAYER} and handin.left_out == {}
    assert handin.notes() == [f"{name} was taken for {LAYER}."]
