"""The solver: runs the training loop and writes down what happened."""

import math
import sys
import time
from functools import cache, partial

import numpy as np

from exercise_code import cost

# CPU time, which nothing else on the computer makes longer. In a browser that clock stands still.
cpu_seconds = time.perf_counter if sys.platform == "emscripten" else time.process_time


class History:
    """What a training run has measured.

    After e epochs the epoch lists hold e + 1 entries; the first belongs to the untrained network.

    Attributes
    ----------
    step_loss : list of float
        Loss of each minibatch, just before the update it led to.
    train_loss, val_loss : list of float
        Loss of the whole part after each epoch. ``val_loss`` is empty without a validation part.
    updates : list of int
        Updates of the parameters until then.
    operations : list of int
        Floating-point operations of all forward and backward passes of the training until then
        (see ``cost.py``). Passes that only measure a loss are not counted.
    seconds : list of float
        CPU time of the training until then, without the time it took to measure the losses; in a
        browser, the time that passed.
    """

    def __init__(self):
        self.step_loss = []
        self.train_loss = []
        self.val_loss = []
        self.updates = []
        self.operations = []
        self.seconds = []

    @property
    def epochs(self):
        """0, 1, 2, ...: the x axis that belongs to the epoch lists."""
        return list(range(len(self.updates)))


class Solver:
    """Trains a network with an optimizer on minibatches.

    Parameters
    ----------
    net : TwoLayerNet
    loss : Loss
    optimizer : Optimizer
        Made with ``net.params``, so that it changes the parameters of this network.
    train_loader : DataLoader
    val : Part, optional
        Its loss chooses the best epoch. Without it, the training loss does.
    verbose : bool
        Print a line (on stdout) every ``print_every`` epochs, and one if training stops early.

    Attributes
    ----------
    history : History
    best_params : dict of str to array
        A *copy* of the parameters after the best epoch.
    best_loss, best_epoch : float, int
        The loss and the epoch that made them the best.
    stopped : str or None
        The sentence that says why training stopped early.

    Raises
    ------
    ValueError
        If the optimizer was made with the parameters of another network.
    """

    def __init__(
        self, net, loss, optimizer, train_loader, val=None, *, verbose=True, print_every=1
    ):
        if optimizer.params is not net.params:
            raise ValueError("the optimizer must be made with this network's own net.params")
        self.net = net
        self.loss = loss
        self.optimizer = optimizer
        self.train_loader = train_loader
        self.val = val
        self.verbose = verbose
        self.print_every = print_every

        self.history = History()
        self.best_params = {}
        self.best_loss = math.inf
        self.best_epoch = None
        self.stopped = None

    def train(self, epochs):
        """Trains for so many epochs. Call it again to go on from where it ended."""
        if not self.history.updates:
            self._measure(updates=0, operations=0, seconds=0.0)
        with np.errstate(over="ignore", invalid="ignore"):  # a diverging run is told in words
            for _ in range(epochs):
                if self.stopped:
                    break
                self._epoch()

    def use_best(self):
        """Puts the best parameters back into the network.

        Raises ``RuntimeError`` if there are none: before training, or if no loss was ever finite.
        """
        if self.best_epoch is None:
            raise RuntimeError("no parameters to put back: train first, with a loss that is finite")
        for name, theta in self.net.params.items():
            theta[...] = self.best_params[name]

    def _epoch(self):
        net, loss, optimizer = self.net, self.loss, self.optimizer
        step_loss = self.history.step_loss
        updates, operations = self.history.updates[-1], self.history.operations[-1]
        step_operations = cache(partial(cost.step_operations, net))
        started = cpu_seconds()
        for X, y in self.train_loader:
            value, dy = loss(net.forward(X), y)
            step_loss.append(value)
            if not math.isfinite(value):
                self._stop(updates, value)
                break
            optimizer.step(net.backward(dy))
            updates += 1
            operations += step_operations(len(X))
        seconds = self.history.seconds[-1] + cpu_seconds() - started
        self._measure(updates, operations, seconds)

    def _measure(self, updates, operations, seconds):
        history, train = self.history, self.train_loader.part
        history.updates.append(updates)
        history.operations.append(operations)
        history.seconds.append(seconds)
        history.train_loss.append(self.loss.forward(self.net.forward(train.X), train.y))
        if self.val is not None:
            history.val_loss.append(self.loss.forward(self.net.forward(self.val.X), self.val.y))

        judged = (history.val_loss or history.train_loss)[-1]
        if judged < self.best_loss:
            self.best_loss, self.best_epoch = judged, len(history.updates) - 1
            self.best_params = {name: theta.copy() for name, theta in self.net.params.items()}
        if self.verbose and (len(history.updates) - 1) % self.print_every == 0:
            self._print()

    def _print(self):
        epoch, history = len(self.history.updates) - 1, self.history
        line = f"epoch {epoch:4d}   training loss {history.train_loss[-1]:9.4g}"
        if history.val_loss:
            line += f"   validation loss {history.val_loss[-1]:9.4g}"
        print(line)

    def _stop(self, updates, value):
        self.stopped = (
            f"Stopped after {updates} updates, as the loss became {value}: "
            f"the learning rate {self.optimizer.learning_rate} is probably too large."
        )
        if self.verbose:
            print(self.stopped)
