"""Optimizers: three rules that turn a gradient into a step.

An optimizer holds the parameters (a dict of float arrays) and changes them in place. The rule
itself is one method, ``update``, that returns by how much one parameter changes; 2b compares the
three side by side, and your own rule is a subclass with that one method.
"""

from abc import ABC, abstractmethod

import numpy as np

from exercise_code.networks.base import WrongArray

_WHERE_TO_LOOK = (
    "The checks of task 2, affine_backward, and of task 6, TwoLayerNet.backward, in notebook 1 say "
    "where it comes from."
)


class Optimizer(ABC):
    """A rule θ ← θ + update(∇L).

    Parameters
    ----------
    params : dict of str to float array
        The parameters to train, for example ``net.params``. They are changed in place.
    learning_rate : float
        λ in the lecture, must be positive.
    """

    def __init__(self, params, learning_rate):
        if not learning_rate > 0:
            raise ValueError(f"learning_rate must be positive, not {learning_rate!r}")
        self.params = params
        self.learning_rate = learning_rate
        self.steps = 0

    def step(self, grads):
        """One update of every parameter. ``grads`` has the same names and shapes as ``params``.

        Raises WrongArray, before anything is changed, if it has not.
        """
        self._require_fitting(grads)
        self.steps += 1
        for name, theta in self.params.items():
            theta += self.update(name, grads[name])

    @abstractmethod
    def update(self, name, gradient):
        """The change of the parameter ``name``, an array of the shape of its gradient."""

    def _require_fitting(self, grads):
        for name, theta in self.params.items():
            if not isinstance(grads, dict):
                says = "backward must return a dictionary with the gradients of all parameters"
            elif name not in grads:
                says = f"there is no gradient of {name} in what backward returned"
            elif (shape := np.shape(grads[name])) != theta.shape:
                says = (
                    f"the gradient of {name} has shape {shape}, and {name} has shape "
                    f"{theta.shape}: the two must be the same"
                )
            else:
                continue
            raise WrongArray(f"{says}. {_WHERE_TO_LOOK}")

    def _zeros(self):
        return {name: np.zeros_like(theta) for name, theta in self.params.items()}


class SGD(Optimizer):
    """θ ← θ - λ ∇L: a step straight down the slope."""

    def __init__(self, params, learning_rate=1e-2):
        super().__init__(params, learning_rate)

    def update(self, name, gradient):
        return -self.learning_rate * gradient


class SGDMomentum(Optimizer):
    """v ← μ v - λ ∇L, θ ← θ + v: a ball that keeps a part μ of its velocity.

    On a constant slope the velocity grows until each step is 1/(1 - μ) times as long as SGD's.
    Source: Polyak, B. T. (1964), Some methods of speeding up the convergence of iteration methods.
    """

    def __init__(self, params, learning_rate=1e-2, momentum=0.9):
        super().__init__(params, learning_rate)
        if not 0 <= momentum < 1:
            raise ValueError(f"momentum must be at least 0 and below 1, not {momentum!r}")
        self.momentum = momentum
        self.velocity = self._zeros()

    def update(self, name, gradient):
        self.velocity[name] = self.momentum * self.velocity[name] - self.learning_rate * gradient
        return self.velocity[name]


class Adam(Optimizer):
    """A step of about λ in every direction, whatever the size of the gradient there.

    m ← β1 m + (1 - β1) ∇L,  v ← β2 v + (1 - β2) (∇L)²,  θ ← θ - λ m̂ / (√v̂ + ε)

    Both averages start at 0 and are too small at first; m̂ = m / (1 - β1^t) and
    v̂ = v / (1 - β2^t) correct that at step t = 1, 2, ...
    Source: Kingma, D. P. and Ba, J. (2015), Adam: A Method for Stochastic Optimization.
    """

    def __init__(self, params, learning_rate=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        super().__init__(params, learning_rate)
        for symbol, beta in (("beta1", beta1), ("beta2", beta2)):
            if not 0 <= beta < 1:
                raise ValueError(f"{symbol} must be at least 0 and below 1, not {beta!r}")
        self.beta1, self.beta2, self.eps = beta1, beta2, eps
        self.m, self.v = self._zeros(), self._zeros()

    def update(self, name, gradient):
        self.m[name] = self.beta1 * self.m[name] + (1 - self.beta1) * gradient
        self.v[name] = self.beta2 * self.v[name] + (1 - self.beta2) * gradient**2
        m_hat = self.m[name] / (1 - self.beta1**self.steps)
        v_hat = self.v[name] / (1 - self.beta2**self.steps)
        return -self.learning_rate * m_hat / (np.sqrt(v_hat) + self.eps)
