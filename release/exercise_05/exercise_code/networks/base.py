"""What every network has: parameters, gradients, and the two passes."""

from abc import ABC, abstractmethod


class WrongArray(ValueError):
    """What came out of your code does not fit where it is needed; the message says what and where.

    A notebook shows the message alone, without the lines of the given code that led there.
    """


class Network(ABC):
    """A function with parameters that can be trained.

    Attributes
    ----------
    params : dict of str to array
        The parameters θ. An optimizer changes these arrays in place.
    grads : dict of str to array
        ∂L/∂θ under the same names, filled by :meth:`backward`.
    cache : dict
        What the latest forward pass keeps for the backward pass.
    """

    def __init__(self):
        self.params = {}
        self.grads = {}
        self.cache = {}

    @abstractmethod
    def forward(self, X):
        """Predictions (N, 1) for a batch X (N, D)."""

    @abstractmethod
    def backward(self, dy):
        """Gradients of all parameters, given dy (N, 1), the gradient of the predictions."""

    def __call__(self, X):
        return self.forward(X)
