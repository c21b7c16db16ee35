"""Losses: how wrong a prediction is, and in which direction it should move.

Shapes: predictions ``y_hat`` and targets ``y`` are (N, 1) here, but any two equal shapes will do.
The average over the samples belongs to the loss, so ``backward`` holds the factor 1/N.
"""

from abc import ABC, abstractmethod

import numpy as np

from exercise_code.networks.base import WrongArray

REDUCTIONS = ("mean", "sum", "none")


class Loss(ABC):
    """One loss per entry, and how the entries become one number.

    ``reduction`` is "mean" (the objective J of the lecture), "sum", or "none" (one value for each
    entry). ``ValueError`` is raised for any other word, and for two shapes that differ: NumPy
    would stretch (N, 1) against (N,) to (N, N) without a word, and the loss would be wrong.
    """

    @abstractmethod
    def per_entry(self, error):
        """Loss of each entry, given error = y_hat - y."""

    @abstractmethod
    def slope(self, error):
        """Derivative of :meth:`per_entry` with respect to the error."""

    def forward(self, y_hat, y, reduction="mean"):
        """The loss: a float, or an array of the shape of y_hat if reduction is "none"."""
        return self._value(self._error(y_hat, y, reduction), reduction)

    def backward(self, y_hat, y, reduction="mean"):
        """Gradient of the loss with respect to y_hat, an array of its shape.

        For "none" every entry is the derivative of its own loss, as if it stood alone.
        """
        return self._gradient(self._error(y_hat, y, reduction), reduction)

    def __call__(self, y_hat, y, reduction="mean"):
        """Both at once: (loss, gradient)."""
        error = self._error(y_hat, y, reduction)
        return self._value(error, reduction), self._gradient(error, reduction)

    def _value(self, error, reduction):
        losses = self.per_entry(error)
        if reduction == "none":
            return losses
        total = float(np.add.reduce(losses, axis=None))
        return total / losses.size if reduction == "mean" else total

    def _gradient(self, error, reduction):
        slope = self.slope(error)
        return slope / slope.size if reduction == "mean" else slope

    @staticmethod
    def _error(y_hat, y, reduction):
        if reduction not in REDUCTIONS:
            raise ValueError(f"reduction must be one of {', '.join(REDUCTIONS)}, not {reduction!r}")
        y_hat, y = np.asarray(y_hat), np.asarray(y)
        if y_hat.shape != y.shape:
            raise WrongArray(
                f"predictions have shape {y_hat.shape} but targets have shape {y.shape}; "
                "give both the same shape, for example with y.reshape(-1, 1)"
            )
        return y_hat - y


class MSE(Loss):
    """Mean squared error, J(θ) = 1/n Σ (ŷ_i - y_i)². Its unit is the square of the target's."""

    def per_entry(self, error):
        return error * error

    def slope(self, error):
        return 2.0 * error


class L1(Loss):
    """Mean absolute error, the mean of ``|ŷ_i - y_i|``. Its unit is the target's own."""

    def per_entry(self, error):
        return np.abs(error)

    def slope(self, error):
        return np.sign(error)
