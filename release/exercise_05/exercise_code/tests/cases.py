"""What the checks run on, and what they share in drawing it.

A few cases are the same in every judgement, the common one of each task among them. They decide
what is a matter of degree: how many digits are right, and from which size up to which. Their
numbers reach further than drawn ones do, and nearer to 0, and these have a hundred times the
tolerance, so whoever passes or fails on one draw does so on every other. The drawn ones are there
for all that is wrong or right, and so that nobody can know the answers before.
"""

from dataclasses import dataclass, replace

import numpy as np

from exercise_code.tests.compare import Case, once_per_case
from exercise_code.tests.gradients import numeric_gradient

# Draws the numbers of the cases that are always the same. Found by search: what goes into the
# sigmoid of the net reaches 24, where it is 1 to all digits that count.
FIXED = 2039
# The course's data are floats, and nobody is told that integers may come.
INTEGERS = "np.zeros_like(x) makes an array of integers, which cuts off what is behind the point"


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

    @property
    def entries(self):
        """How many numbers there are in all samples together."""
        return self.x.size

    @property
    def counts(self):
        """The numbers of features and outputs."""
        return (
            {} if self.w is None else dict(zip(("features", "outputs"), self.w.shape, strict=True))
        )

    @property
    def shapes(self):
        """The shapes of the arrays that there are, and what they are the shape of."""
        if self.w is None:
            return {self.x.shape: "x"}
        samples, outputs = len(self.x), len(self.b)
        rows = {(samples, len(self.w)): "x, one row for each sample", (samples, outputs): "out"}
        return {(len(self.w),): "one row of x", **rows, self.w.shape: "w", self.b.shape: "b"}

    @property
    def products(self):
        """The shapes that matrix products have here, and what they are the shape of."""
        if self.w is None:
            return {}
        (features, outputs), samples = self.w.shape, len(self.x)
        return {
            (samples, outputs): "out",
            (samples, features): "the flattened dx",
            (features, outputs): "dw",
        }


@dataclass(frozen=True, kw_only=True)
class NetCase(Case):
    """A net's parameters, a batch X (N, D) and the gradient dy (N, 1) of its predictions."""

    params: dict
    X: np.ndarray
    dy: np.ndarray

    @property
    def entries(self):
        """How many numbers there are in all samples together."""
        return self.X.size

    @property
    def counts(self):
        """The numbers of features and hidden units."""
        return dict(zip(("features", "hidden units"), self.params["W1"].shape, strict=True))

    @property
    def shapes(self):
        """The shapes of the arrays that there are, and what they are the shape of."""
        named = {value.shape: name for name, value in self.params.items()}
        hidden = self.params["b1"].shape
        rows = {self.X.shape[1:]: "one row of X", hidden: "b1, or of one row of the hidden layer"}
        return {**named, **rows, **self.products, self.X.shape: "X"}

    @property
    def products(self):
        """The shapes that matrix products have here, and what they are the shape of."""
        samples, hidden = len(self.X), len(self.params["b1"])
        layers = {(samples, hidden): "the hidden layer", (samples, 1): "y_hat"}
        return layers | {self.params[name].shape: name for name in ("W1", "W2")}


@once_per_case
def other_numbers(case):
    """A layer's case in the same shapes: who remembers by shape what was right is found out."""
    inputs = {name: 1.25 * array for name, array in case.inputs.items()}
    return replace(
        case, **inputs, label="For other numbers in the same shapes", cause="stale_cache"
    )


def changed(array):
    """Other numbers in the same shape, to try whether what explains one array explains another."""
    return np.flip(0.75 * array) + 0.1


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
