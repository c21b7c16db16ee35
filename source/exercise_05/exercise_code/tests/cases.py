"""What the checks run on, and what they share in drawing it."""

from dataclasses import dataclass

import numpy as np

from exercise_code.tests.compare import Case
from exercise_code.tests.gradients import numeric_gradient


@dataclass(frozen=True, kw_only=True)
class LayerCase(Case):
    """Inputs of one forward and one backward call; w and b are None for the sigmoid."""

    x: np.ndarray
    w: np.ndarray | None = None
    b: np.ndarray | None = None
    dout: np.ndarray

    @property
    def inputs(self):
        """What the forward function gets, by name."""
        named = {"x": self.x, "w": self.w, "b": self.b}
        return {name: array for name, array in named.items() if array is not None}


@dataclass(frozen=True, kw_only=True)
class NetCase(Case):
    """A net's parameters, a batch X (N, D) and the gradient dy (N, 1) of its predictions."""

    params: dict
    X: np.ndarray
    dy: np.ndarray


def draw(rng, shape):
    """Numbers of the size of 1 with both signs, and none so small that a mistake could hide."""
    return rng.uniform(0.3, 1.7, shape) * rng.choice([-1.0, 1.0], shape)


def sizes(rng):
    """A batch size and a width that differ from each other and from 2: no mistake looks right."""
    return int(rng.choice([5, 7, 8])), int(rng.choice([3, 4]))


def second_witness(f, x, dout, case):
    """The gradient by central differences, in the common case only.

    The other cases have the same formula in another shape, and the differences take longer than
    everything else.
    """
    return None if case.label else numeric_gradient(f, x, dout)
