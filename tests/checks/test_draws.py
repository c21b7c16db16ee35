"""The command that looks for draws that decide a verdict finds them, and there are none."""

from __future__ import annotations

import pytest
from support.inline_pool import inline_pool

from benchmarks import draws

CLIPPED = [family for family in draws.FAMILIES if "clipped to" in family[0]][:1]


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setattr(draws, "FAMILIES", CLIPPED)
    draws.handins.cache_clear()
    yield
    draws.handins.cache_clear()


def test_no_draw_decides_a_verdict_on_a_sigmoid_that_is_cut_off(few):
    one, other = draws.judged(1), draws.judged(2)
    assert one == other and len(one) == len(draws.BOUNDS)
    assert len(set(one.values())) > 2  # some pass, some fail, and not all of the same


def test_pairs_that_differ_are_counted():
    assert draws.differing(["a", "a", "a"]) == 0
    assert draws.differing(["a", "a", "b"]) == 2
    assert draws.differing(["a", "b", "c"]) == 3


def test_a_draw_that_decides_is_told_and_is_an_error(monkeypatch, capsys):
    outcome = {name: ((points, cause),) for name, points, cause in [("x", 10, None)]}
    other = {"x": ((0, "clipped"),)}

    monkeypatch.setattr(
        draws, "ProcessPoolExecutor", inline_pool(lambda _: [outcome, other, other])
    )
    monkeypatch.setattr(draws, "CHECKS", {"sigmoid_forward": None})
    assert draws.main(["--seeds", "3"]) == 1
    said = capsys.readouterr().out
    assert "pairs with other points               2" in said and "sigmoid_forward clipped" in said
