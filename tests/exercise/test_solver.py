"""The solver: what it measures, what it keeps, when it stops, and what it says."""

import copy
import math
import warnings

import numpy as np
import pytest
from support.reference_network import TwoLayerNet

from exercise_code import cost
from exercise_code.data import DataLoader, Part
from exercise_code.networks import MSE, SGD, Adam, SGDMomentum
from exercise_code.solver import Solver

EPOCH_LISTS = ("train_loss", "val_loss", "updates", "operations", "seconds")


def part(n, seed):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 3))
    return Part(X, np.sin(X[:, :1]) + 0.3 * rng.normal(size=(n, 1)))


TRAIN, VAL = part(50, 1), part(20, 2)


def solver_of(rule=SGD, rate=0.1, *, val=VAL, batch_size=8, **settings):
    rng = np.random.default_rng(0)
    net = TwoLayerNet(3, 4, rng=rng, std=1.0)
    loader = DataLoader(TRAIN, batch_size, shuffle=True, rng=rng)
    settings.setdefault("verbose", False)
    return Solver(net, MSE(), rule(net.params, rate), loader, val, **settings)


def loss_of(solver, params, data):
    net = copy.copy(solver.net)
    net.params = params
    return MSE().forward(net.forward(data.X), data.y)


# What it measures


def test_histories_line_up():
    solver = solver_of()
    solver.train(6)
    history = solver.history
    assert [len(getattr(history, name)) for name in EPOCH_LISTS] == [7] * 5
    assert history.epochs == list(range(7))
    assert history.updates == [7 * epoch for epoch in range(7)]  # 50 houses in batches of 8
    assert len(history.step_loss) == history.updates[-1] == solver.optimizer.steps
    assert history.seconds == sorted(history.seconds) and history.seconds[0] == 0


def test_the_small_last_batch_is_charged_for_what_it_holds():
    solver = solver_of()
    solver.train(3)
    wanted = cost.epoch_operations(50, 3, 4, batch_size=8)
    assert solver.history.operations == [0, wanted, 2 * wanted, 3 * wanted]


def test_the_losses_are_those_of_their_moment():
    solver = solver_of(batch_size=50)
    start = copy.deepcopy(solver.net.params)
    solver.train(4)
    history = solver.history
    assert history.train_loss[0] == loss_of(solver, start, TRAIN)
    assert history.val_loss[0] == loss_of(solver, start, VAL)
    assert history.train_loss[-1] == loss_of(solver, solver.net.params, TRAIN)
    # With one batch an epoch, the loss before an update is that of the epoch before.
    assert history.step_loss == pytest.approx(history.train_loss[:-1])


def test_training_learns():
    solver = solver_of()
    solver.train(20)
    assert solver.history.train_loss[-1] < 0.5 * solver.history.train_loss[0]


# What it keeps


def test_the_best_parameters_stay_while_training_goes_on():
    solver = solver_of(SGDMomentum, 0.3)
    solver.train(3)
    kept = solver.best_params
    before = copy.deepcopy(kept)
    for name, theta in solver.net.params.items():
        assert not np.shares_memory(theta, kept[name])
        theta += 1.0
    for name, theta in kept.items():
        np.testing.assert_array_equal(theta, before[name])


@pytest.mark.parametrize("val", [VAL, None])
def test_the_best_parameters_are_those_of_the_lowest_loss(val):
    solver = solver_of(SGDMomentum, 1.0, val=val)  # so large that the losses go up and down
    solver.train(20)
    judged = solver.history.val_loss if val else solver.history.train_loss
    assert 0 < solver.best_epoch < 20, "this test needs a best epoch in the middle"
    assert solver.best_loss == min(judged) == judged[solver.best_epoch]
    assert loss_of(solver, solver.best_params, val or TRAIN) == solver.best_loss


def test_without_a_validation_part_there_is_no_validation_loss():
    solver = solver_of(val=None)
    solver.train(2)
    assert solver.history.val_loss == []


def test_use_best_fills_the_arrays_that_the_optimizer_trains():
    solver = solver_of(SGDMomentum, 1.0)
    solver.train(20)
    arrays = dict(solver.net.params)
    solver.use_best()
    for name, array in arrays.items():
        assert solver.net.params[name] is array
        assert array is not solver.best_params[name]
        np.testing.assert_array_equal(array, solver.best_params[name])


def test_use_best_before_training_is_refused():
    solver = solver_of()
    with pytest.raises(RuntimeError, match="train first"):
        solver.use_best()


@pytest.mark.parametrize("rule", [SGD, SGDMomentum, Adam])
def test_training_twice_is_training_on(rule):
    once, twice = solver_of(rule, 0.05), solver_of(rule, 0.05)
    once.train(5)
    twice.train(2)
    twice.train(3)
    for name in ("step_loss", "train_loss", "val_loss", "updates", "operations"):
        assert getattr(once.history, name) == getattr(twice.history, name)
    assert (once.best_epoch, once.best_loss) == (twice.best_epoch, twice.best_loss)
    for name, theta in once.net.params.items():
        np.testing.assert_array_equal(theta, twice.net.params[name])


# When it stops


@pytest.mark.parametrize("rule", [SGD, SGDMomentum])
def test_a_diverging_run_stops_says_why_and_does_not_warn(rule, capfd):
    solver = solver_of(rule, 1e3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        solver.train(200)
    updates = solver.history.updates[-1]
    assert solver.stopped.startswith(f"Stopped after {updates} updates, as the loss became ")
    assert "learning rate 1000.0" in solver.stopped
    assert solver.stopped.endswith("is probably too large.")
    assert "\n" not in solver.stopped
    assert capfd.readouterr() == ("", "")

    history = solver.history
    assert not math.isfinite(history.step_loss[-1])
    assert all(map(math.isfinite, history.step_loss[:-1]))
    assert len(history.step_loss) == updates + 1  # the last one led to no update
    assert len({len(getattr(history, name)) for name in EPOCH_LISTS}) == 1
    assert all(np.isfinite(theta).all() for theta in solver.best_params.values())

    solver.train(3)
    assert solver.history.updates[-1] == updates


def test_a_run_that_went_well_says_nothing_of_stopping():
    solver = solver_of()
    solver.train(2)
    assert solver.stopped is None


def test_an_optimizer_of_another_network_is_refused():
    solver = solver_of()
    other = TwoLayerNet(3, 4, rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match="must be made with this network's own net.params"):
        Solver(solver.net, MSE(), SGD(other.params), solver.train_loader)


# What it says


def test_it_is_silent_when_asked_to_be_quiet(capfd):
    solver_of(verbose=False).train(3)
    assert capfd.readouterr() == ("", "")


def test_progress_goes_to_stdout_every_so_many_epochs(capfd):
    solver_of(verbose=True, print_every=2).train(5)
    out, err = capfd.readouterr()
    assert err == ""
    lines = out.splitlines()
    assert [line.split()[1] for line in lines] == ["0", "2", "4"]
    assert all("training loss" in line and "validation loss" in line for line in lines)


def test_a_stopped_run_says_so(capfd):
    solver = solver_of(SGD, 1e3, verbose=True, print_every=1000)
    solver.train(200)
    out, err = capfd.readouterr()
    assert solver.stopped in out.splitlines()
    assert err == ""
