"""Experiments of the notebooks: many training runs, with several seeds or several mistakes."""

import math
from collections.abc import Mapping
from functools import partial

import numpy as np

from exercise_code import cost
from exercise_code.data import DataLoader
from exercise_code.networks import MSE, Adam
from exercise_code.networks.base import Network
from exercise_code.solver import Solver, cpu_seconds


class Sweep(Mapping):
    """Training runs: label -> list of solvers, one for each seed.

    A run is made when it is first asked for, and then kept. So a sweep costs nothing until a cell
    needs it, and a cell that needs two settings does not wait for all of them.

    Parameters
    ----------
    train : callable
        ``train(seed=..., **setting)`` trains one network and returns its Solver.
    settings : dict of str to dict
        Label -> the arguments that ``train`` gets besides the seed.
    seeds : sequence of int
    verbose : bool
        Say on stdout what has been trained.
    """

    def __init__(self, train, settings, seeds, *, verbose=True):
        self.train = train
        self.settings = dict(settings)
        self.seeds = tuple(seeds)
        self.verbose = verbose
        self._solvers = {}

    def __getitem__(self, label):
        if label not in self._solvers:
            started = cpu_seconds()
            setting = self.settings[label]
            self._solvers[label] = [self.train(seed=seed, **setting) for seed in self.seeds]
            if self.verbose:
                seconds = cpu_seconds() - started
                print(f"trained {label:<24} {len(self.seeds)} seeds  {seconds:5.1f} s")
        return self._solvers[label]

    def __iter__(self):
        return iter(self.settings)

    def __len__(self):
        return len(self.settings)

    def histories(self):
        """Label -> list of History, for all settings: what the loss curves are drawn from."""
        return {label: [solver.history for solver in self[label]] for label in self}

    def ends(self):
        """Label -> the validation losses at the end of its runs, infinite where one diverged.

        A run has diverged when it was stopped, or ended with a larger loss than it began with.
        """
        return {label: [_loss_at_end(solver) for solver in self[label]] for label in self}

    def median_loss(self, label):
        """The median over the seeds of the validation loss at the end."""
        return float(np.median([_loss_at_end(solver) for solver in self[label]]))

    def best(self):
        """The label with the lowest median loss."""
        return min(self, key=self.median_loss)

    def good(self, limit):
        """The labels whose median loss is not above the limit."""
        return [label for label in self if self.median_loss(label) <= limit]


def at_best(sweeps):
    """Sweeps over learning rates, each at its best one: name and rate -> list of History."""
    best = {name: (sweep.best(), sweep) for name, sweep in sweeps.items()}
    return {
        f"{name}, λ = {rate}": [solver.history for solver in sweep[rate]]
        for name, (rate, sweep) in best.items()
    }


def costs_and_gains(histories, epochs, last=3):
    """What a training run has cost and given, as columns of a table with a row for each label.

    ``histories``: label -> list of History, one a seed. The spread from step to step is the
    standard deviation over the ``last`` epochs of the first seed.
    """
    runs = list(histories.values())
    ends = [[history.train_loss[-1] for history in seeds] for seeds in runs]
    return {
        "updates in an epoch": [seeds[0].updates[1] for seeds in runs],
        "CPU ms for an epoch": [
            1000 * np.median([history.seconds[-1] for history in seeds]) / epochs for seeds in runs
        ],
        "spread from step to step": [
            np.std(seeds[0].step_loss[-last * seeds[0].updates[1] :]) for seeds in runs
        ],
        f"training loss after {epochs} epochs": [np.median(losses) for losses in ends],
        "spread from seed to seed": [np.ptp(losses) for losses in ends],
    }


class SpoiltNet(Network):
    """A network whose gradients are changed on purpose, to see who notices.

    Parameters
    ----------
    net : Network
    spoil : callable
        From the gradients that ``net`` returns, a dict, to those that this network returns.
    """

    def __init__(self, net, spoil):
        super().__init__()
        self.net = net
        self.spoil = spoil
        self.params = net.params

    def forward(self, X):
        return self.net.forward(X)

    def backward(self, dy):
        return self.spoil(self.net.backward(dy))


def losses_with_spoilt_gradients(net_of, part, mistakes, epochs=1000):
    """The last loss on a part learnt by heart, for several mistakes in the gradients.

    Parameters
    ----------
    net_of : callable
        ``net_of(seed)`` makes a network.
    part : Part
        All of it is one batch.
    mistakes : callable
        ``mistakes(grads)`` is a dict of the name of a mistake to the gradients that it leads to.

    Returns
    -------
    dict of str to float
    """

    def last_loss(mistake):
        net = SpoiltNet(net_of(seed=0), lambda grads: mistakes(grads)[mistake])
        loader = DataLoader(part, batch_size=part.size)
        solver = Solver(net, MSE(), Adam(net.params, learning_rate=1e-2), loader, verbose=False)
        solver.train(epochs)
        return solver.history.train_loss[-1]

    return {mistake: last_loss(mistake) for mistake in mistakes(net_of(seed=0).params)}


def _loss_at_end(solver):
    first, last = solver.history.val_loss[0], solver.history.val_loss[-1]
    return last if solver.stopped is None and last <= first else math.inf


def costs_of_an_update(net, batch, operations):
    """What one update costs, as columns of a table with a row for each optimizer.

    Parameters
    ----------
    net : Network
        It is left with other parameters.
    batch : Part
    operations : dict of optimizer class to int
        Operations that its rule needs for each parameter.

    Returns
    -------
    dict of str to list
        Operations and microseconds of both passes and of the optimizer, and the bytes of what the
        optimizer remembers.
    """
    loss = MSE()

    def both_passes():
        return net.backward(loss.backward(net.forward(batch.X), batch.y))

    gradients = both_passes()
    passes_time = microseconds(both_passes)
    parameters = sum(theta.size for theta in net.params.values())
    rows = []
    for rule, per_parameter in operations.items():
        optimizer = rule(net.params, 1e-6)
        memory = [value for name, value in vars(optimizer).items() if name != "params"]
        rows.append(
            {
                "one update with": rule.__name__,
                "operations, passes": cost.step_operations(net, batch.size),
                "operations, optimizer": per_parameter * parameters,
                "bytes, optimizer": cost.held_bytes(*memory),
                "µs, passes": round(passes_time),
                "µs, optimizer": round(microseconds(partial(optimizer.step, gradients))),
            }
        )
    return {name: [row[name] for row in rows] for name in rows[0]}


def microseconds(action, times=100, repeats=7):
    """CPU time of one call of ``action``, in microseconds.

    The fastest of several repeats: whatever else the computer does can only make it slower.
    """
    return 1e6 / times * min(_seconds_of(action, times) for _ in range(repeats))


def _seconds_of(action, times):
    started = cpu_seconds()
    for _ in range(times):
        action()
    return cpu_seconds() - started
