"""Spot the bug: it works on right code of every style, and its answer is the only one."""

import pytest
from support.handins import COURSE, LAYER

from exercise_code.spot_the_bug import Later, Puzzle, plant
from i2dl_course.samples import variants

RIGHT = variants.right_answers(COURSE)


@pytest.fixture(scope="module")
def puzzles():
    texts = dict.fromkeys(answer.files[LAYER] for answer in RIGHT)
    return [plant(text, seed=1) for text in list(texts)[::2]]  # half of them: each takes 0.3 s


def test_there_is_a_bug_for_nearly_all_right_code(puzzles):
    assert sum(puzzle is not None for puzzle in puzzles) >= 0.95 * len(puzzles)


def test_one_answer_is_right_and_every_other_is_not(puzzles, capsys):
    tasks = ("affine_forward", "affine_backward", "sigmoid_forward", "sigmoid_backward")
    for puzzle in filter(None, puzzles):
        assert len(set(puzzle.reasons.values())) == len(puzzle.reasons) == 3
        capsys.readouterr()
        for task in tasks:
            for letter in puzzle.reasons:
                puzzle.answer(task, letter)
        assert capsys.readouterr().out.count("✓ Found.") == 1
        assert puzzle.line in puzzle.code


def test_code_that_is_not_right_yet_has_enough_bugs():
    text = variants.reference(COURSE).files[LAYER].replace("samples @ w + b", "samples @ w")
    assert plant(text) is None
    assert "solve the first four tasks" in str(Later())


def test_the_same_seed_plants_the_same_bug():
    text = variants.reference(COURSE).files[LAYER]
    one, other = plant(text, seed=3), plant(text, seed=3)
    assert isinstance(one, Puzzle) and str(one) == str(other)
    assert "One thing in this copy is not as you wrote it" in str(one)
