"""Notebook 2b with the reference: every number and claim of its prose."""

import inspect
import re

import numpy as np
import pytest
from support.accessibility import keeps_nobody_out

from exercise_code.networks import SGD, Adam, SGDMomentum

NAME = "2b_Optimization"
RULES = ("SGD", "SGDMomentum", "Adam")


@pytest.fixture(scope="module")
def run(solved):
    return solved(NAME)


@pytest.fixture(scope="module")
def median(run):
    """Optimizer -> learning rate -> median over the seeds of the final validation loss."""
    # nan_to_num, because an infinite loss has no literal
    return run.value(
        "{name: {rate: float(np.nan_to_num(np.median(losses))) for rate, losses in by_rate.items()}"
        " for name, by_rate in all_ends.items()}"
    )


def test_every_cell_runs_with_the_reference(run):
    assert run.errors == []


def test_nothing_is_written_to_stderr(run):
    assert run.stderr == ""


def test_the_code_shown_beside_a_formula_is_the_code_that_runs(run):
    for rule in (SGD, SGDMomentum, Adam):
        assert inspect.getsource(rule.update) in run.printed


# The valley


def test_curvatures_of_the_valley_are_those_told(run):
    assert run.value("curvature.tolist()") == [0.02, 4.0]
    assert run.value("float(f(np.array([3.0, 5.0])))") == pytest.approx(0.01 * 9 + 2 * 25)
    assert run.value("float(curvature[1] / curvature[0])") == pytest.approx(200)


def test_paths_in_the_valley_are_as_described(run):
    sgd, momentum, adam = run.value("[path.tolist() for path in paths.values()]")
    assert len(sgd) == len(momentum) == len(adam) == 61
    # SGD: on the other side of the valley at every step, and not half way after all of them
    assert all(a[1] * b[1] < 0 for a, b in zip(sgd, sgd[1:], strict=False))
    assert -9 < sgd[-1][0] < -4.5
    # momentum and Adam: across the floor and back, so they overshoot
    for path in (momentum, adam):
        sides = [a[1] * b[1] < 0 for a, b in zip(path, path[1:], strict=False)]
        assert 2 <= sum(sides) < 30
    # Adam sets off diagonally
    first = [b - a for a, b in zip(adam[0], adam[1], strict=True)]
    assert abs(first[0]) == pytest.approx(abs(first[1]))
    at_end = run.value("[float(f(path[-1])) for path in paths.values()]")
    assert at_end[0] > 40 * max(at_end[1:])
    best_of_sgd = run.value(
        "min(float(f(descend(SGD, rate)[-1])) for rate in np.linspace(0.01, 0.5, 99))"
    )
    assert at_end[0] < 1.1 * best_of_sgd


def test_the_limit_of_sgd_is_where_it_is_told(run):
    assert run.value("float(limit)") == 0.5
    slow, below, above = run.value("[values.tolist() for values in around_limit.values()]")
    assert below[-1] < 0.1 * below[0]
    assert 90 < above[-1] / above[0] < 100
    assert abs(1 - 0.51 * 4) == pytest.approx(1.04)
    assert slow[10] < below[10] and slow[-1] > below[-1]


def test_momentum_comes_up_to_speed_when_told(run):
    sgd, momentum = run.value("[values.tolist() for values in growth.values()]")
    assert sgd == pytest.approx([1] * 60)
    assert momentum[0] == pytest.approx(1)
    assert momentum[20] < 9 <= momentum[21]  # the 22nd step
    assert momentum[-1] == pytest.approx(10, rel=0.01)


def test_first_steps_are_those_of_the_table(run):
    steps = run.value("first_steps")
    assert steps["SGD"] == steps["SGDMomentum"] == pytest.approx([-10, 0.001])
    assert steps["Adam"] == pytest.approx([-0.1, 0.1], rel=1e-5)


def test_adam_without_correction_is_as_wrong_as_told(run):
    adam, without = run.value("[values.tolist() for values in correction.values()]")
    assert adam == pytest.approx([1] * 60)
    assert without[0] == pytest.approx(0.1 / 0.001**0.5, rel=1e-6)
    assert without[0] == pytest.approx(3.2, abs=0.05)
    assert without.index(max(without)) + 1 == 12
    assert 6.5 < max(without) < 6.6
    assert min(without) > 1


# The network


def test_setting_of_the_sweep_is_the_one_told(run):
    solver = "sweeps['SGD'][0.1][0]"
    assert run.value(f"{solver}.net.params['W1'].shape") == (6, 16)
    assert run.value(f"{solver}.train_loader.batch_size") == 64
    assert run.value(f"{solver}.history.updates[5]") == 140
    assert run.value(f"len({solver}.history.epochs)") == 21
    assert run.value("[len(sweep[0.1]) for sweep in sweeps.values()]") == [5, 5, 5]
    assert run.value("sum(len(solvers) for s in sweeps.values() for solvers in s.values())") == 105


def test_the_same_seed_starts_all_optimizers_from_one_network(run):
    first = run.value(
        "[[solver.history.val_loss[0] for solver in sweep[0.1]] for sweep in sweeps.values()]"
    )
    assert first[0] == first[1] == first[2]
    assert len(set(first[0])) == 5


def test_at_its_own_best_rate_no_optimizer_falls_behind(run):
    lowest = run.value("lowest")
    assert set(lowest) == set(RULES)
    assert max(lowest.values()) < 1.15 * min(lowest.values())


def test_the_optimizers_forgive_as_many_rates_as_told(run):
    good = run.value("good")
    assert len(run.value("RATES")) == 7
    assert len(good["SGD"]) == 1
    assert len(good["SGDMomentum"]) in (2, 3)
    assert len(good["Adam"]) in (4, 5)


def test_good_learning_rates_span_the_factors_told(run):
    factors = run.value("factors")
    assert factors["SGD"] == pytest.approx(2, abs=0.3)
    assert 10 < factors["SGDMomentum"] < 20
    assert factors["Adam"] >= 30


def test_sgd_is_down_first_and_momentum_last(run):
    sgd, momentum, adam = (
        np.array(losses)
        for losses in run.value("[[h.val_loss for h in hs] for hs in way_down.values()]")
    )
    after = {
        name: np.median(losses, axis=0)
        for name, losses in (("SGD", sgd), ("momentum", momentum), ("Adam", adam))
    }
    assert after["SGD"][1] == pytest.approx(0.12, abs=0.01)
    assert after["Adam"][1] == pytest.approx(0.19, abs=0.01)
    assert after["momentum"][1] == pytest.approx(0.2, abs=0.02)  # "at about 0.2"
    assert after["Adam"][2] == pytest.approx(after["SGD"][2], rel=0.15)  # "level"
    assert after["SGD"][1] < after["Adam"][1] < after["momentum"][1]
    assert after["SGD"][2] < after["Adam"][2] < after["momentum"][2]
    assert momentum[:, 2].min() > sgd[:, 2].max()


def test_sgd_diverges_at_the_rate_after_its_best(run):
    assert run.value("sweeps['SGD'].best()") == 0.3
    assert run.value("all(np.isinf(ends['SGD'][1.0]))")
    assert run.value("bool(np.isfinite(ends['SGD'][0.3]).all())")


def test_the_solver_says_why_it_stopped(run):
    (sentence,) = re.findall(r"^Stopped after .*$", run.printed, flags=re.M)
    assert "the learning rate 1.0 is probably too large" in sentence


def test_most_of_the_way_is_done_after_five_epochs(run):
    for losses in run.value(
        "[np.median([h.val_loss for h in histories], axis=0).tolist()"
        " for histories in way_down.values()]"
    ):
        assert losses[0] - losses[5] > 0.9 * (losses[0] - losses[-1])


def test_at_the_end_the_bands_overlap(run):
    ends = run.value("[[h.val_loss[-1] for h in histories] for histories in way_down.values()]")
    assert max(map(min, ends)) < min(map(max, ends))


def test_costs_of_an_update_are_those_told(run):
    costs = run.value("costs")
    assert costs["one update with"] == ["SGD", "SGDMomentum", "Adam"]
    sgd, momentum, adam = [
        {name: column[row] for name, column in costs.items()} for row in range(3)
    ]
    parameters = 8 * run.value("sum(theta.size for theta in net.params.values())")
    assert sgd["operations, passes"] == pytest.approx(50_000, rel=0.01)
    assert adam["operations, optimizer"] < 0.04 * adam["operations, passes"]
    assert adam["operations, optimizer"] == 7 * sgd["operations, optimizer"]
    assert momentum["operations, optimizer"] == 2 * sgd["operations, optimizer"]
    assert sgd["bytes, optimizer"] == 0
    assert momentum["bytes, optimizer"] == parameters
    assert adam["bytes, optimizer"] == 2 * parameters


def test_a_shared_learning_rate_turns_the_order_round(run):
    low, high = (
        {name: losses[place] for name, losses in run.value("shared").items()} for place in (0, 1)
    )
    assert low["Adam"] < 0.95 * low["SGDMomentum"]
    assert low["SGD"] > 3 * low["Adam"]
    assert high["SGD"] < 0.95 * min(high["Adam"], high["SGDMomentum"])


def test_momentum_is_like_sgd_with_ten_times_the_step(run):
    assert run.value("[float(ratio) for ratio in ratios]") == pytest.approx([1, 1], abs=0.03)


# The rule of one's own


def test_a_rule_of_fixed_steps_never_comes_to_rest(run):
    path = run.value("my_path.tolist()")
    assert all(abs(a[1] - b[1]) == pytest.approx(0.2) for a, b in zip(path, path[1:], strict=False))
    assert path[-1][1] == pytest.approx(path[-3][1])


def test_the_rule_of_signs_does_as_well_as_told(run, median):
    mine, adam = median["MyOptimizer"], median["Adam"]
    for rate in (0.001, 0.003, 0.01):
        assert mine[rate] == pytest.approx(adam[rate], rel=0.2)
    assert mine[0.1] > 2 * adam[0.1]
    assert run.value("all(np.isinf(all_ends['MyOptimizer'][1.0]))")


def test_the_ideas_for_a_rule_do_what_is_told(run, median):
    def at(update, *rates):
        rule = f"type('Mine', (Optimizer,), {{'update': lambda self, name, gradient: {update}}})"
        return run.value(f"[float(sweep_rates({rule}).median_loss(rate)) for rate in {rates}]")

    falling = at("-self.learning_rate / np.sqrt(self.steps) * np.sign(gradient)", 0.1, 0.3, 1.0)
    assert max(falling) < 0.15  # "usable", where fixed steps are at 0.37, at 0.9 and diverged
    (clipped,) = at("-self.learning_rate * np.clip(gradient, -1, 1)", 1.0)
    assert 2 * min(median["SGD"].values()) < clipped < 1  # "it does not settle either"


def test_momentum_that_looks_ahead_swings_less(run):
    ahead = (
        "type('Ahead', (SGDMomentum,), {'update': lambda self, name, gradient: self.momentum * "
        "SGDMomentum.update(self, name, gradient) - self.learning_rate * gradient})"
    )
    swings = [
        run.value(f"float(np.abs(np.diff(descend({rule}, 0.2)[:, 1])).sum())")
        for rule in ("SGDMomentum", ahead)
    ]
    assert swings[1] < swings[0] / 2


def test_the_summary_agrees_with_the_notebook(run):
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", run.prose, flags=re.M)
    table = {name: told for name, *told in rows}
    assert table["Operations per parameter"] == ["2", "4", "14"]
    assert table["Extra memory"] == ["none", "one copy of the parameters", "two copies"]
    assert table["Good learning rates span a factor of"] == [
        "about 2",
        "more than 10",
        "30 and more",
    ]


def test_what_is_exported_keeps_nobody_out(run, tmp_path):
    assert keeps_nobody_out(run.notebook, tmp_path)
