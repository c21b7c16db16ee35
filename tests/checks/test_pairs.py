"""The command that counts what is named of two mistakes counts it, and both can be."""

from __future__ import annotations

import pytest
from support.inline_pool import inline_pool

from benchmarks import pairs

NUMBERS = {mutant.name: number for number, mutant in enumerate(pairs.mistakes())}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("affine_backward__dw_multiplied_by_the_batch", "affine_backward__db_averaged"),
        ("affine_forward__bias_forgotten", "sigmoid_backward__tanh_formula"),
    ],
)
def test_both_of_two_mistakes_are_named(one, other):
    named, says = pairs.judged((NUMBERS[one], NUMBERS[other]))
    assert named == [True, True], says


def test_of_two_mistakes_of_which_one_hides_the_other_one_is_named():
    hidden, raising = (
        NUMBERS["affine_backward__db_averaged"],
        NUMBERS["affine_backward__dw_without_transpose"],
    )
    assert sum(pairs.judged((hidden, raising))[0]) == 1


def test_pairs_fit_together_and_are_drawn_from_the_seed():
    drawn = pairs.pairs(20, 1)
    assert drawn == pairs.pairs(20, 1) != pairs.pairs(20, 2)
    assert len(set(drawn)) == 20
    reference = pairs.together(pairs.mistakes()[0], pairs.mistakes()[0])
    assert reference is None  # nothing can be replaced twice


@pytest.mark.parametrize(("named", "code"), [([True, True], 0), ([True, False], 1)])
def test_the_exit_code_says_whether_enough_are_named(monkeypatch, capsys, named, code):
    monkeypatch.setattr(
        pairs,
        "ProcessPoolExecutor",
        inline_pool(lambda drawn: [(named, "what is said") for _ in drawn]),
    )
    assert pairs.main(["--pairs", "5", "--show", "1"]) == code
    said = capsys.readouterr().out
    assert ("what is said" in said) == (code == 1) and "100.0%" in said
