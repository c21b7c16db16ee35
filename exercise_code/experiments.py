"""Experiments of the notebooks 2a and 2b: runs over several seeds and settings."""

import math

import numpy as np

from exercise_code.data import DataLoader
from exercise_code.networks import MSE
from exercise_code.solver import Solver


class Runs:
    """Trainings of the two-layer network that differ only in optimizer, learning rate and seed.

    ``runs(SGD, 0.1)`` trains once for each seed and returns the list of solvers. What has been
    trained is remembered: asking for the same again costs nothing.

    Parameters
    ----------
    data : HousePrices
    hidden_size, batch_size, epochs : int
    seeds : sequence of int
        A seed decides the first weights and the order of the houses, so that two optimizers with
        the same seed start from the same network and see the same minibatches.
    """

    def __init__(self, data, *, hidden_size, batch_size, epochs, seeds):
        self.data = data
        self.hidden_size = hidden_size
        self.batch_size = batch_size
        self.epochs = epochs
        self.seeds = tuple(seeds)
        self._remembered = {}

    def __call__(self, rule, learning_rate):
        """Solvers that have been trained with ``rule(params, learning_rate)``, one a seed."""
        key = rule, learning_rate
        if key not in self._remembered:
            self._remembered[key] = [self._train(rule, learning_rate, seed) for seed in self.seeds]
        return self._remembered[key]

    def _train(self, rule, learning_rate, seed):
        from exercise_code.networks.two_layer_net import TwoLayerNet  # here, because it is yours:
        # all that needs no network must work before it does

        rng = np.random.default_rng(seed)
        net = TwoLayerNet(len(self.data.features), self.hidden_size, rng=rng)
        loader = DataLoader(self.data.train, self.batch_size, shuffle=True, rng=rng)
        optimizer = rule(net.params, learning_rate)
        solver = Solver(net, MSE(), optimizer, loader, self.data.val, verbose=False)
        solver.train(self.epochs)
        return solver


def final_losses(solvers):
    """The validation loss at the end of each run; infinite if the run has diverged.

    A run has diverged when it was stopped, or ended with a larger loss than it began with.
    """
    return [_final_loss(solver) for solver in solvers]


def _final_loss(solver):
    first, last = solver.history.val_loss[0], solver.history.val_loss[-1]
    return last if solver.stopped is None and last <= first else math.inf
