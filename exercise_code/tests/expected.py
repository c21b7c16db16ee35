"""What the right answers are, from formulas that are not the solutions.

The values come from other formulas for the same functions: an affine map as one linear map with
one more dimension, the sigmoid as a shifted and scaled tanh. The gradients come from no backward
pass at all, but from complex steps: for a function that is smooth in the complex plane,
Im f(x + ih) / h is f'(x) up to h², and there is no difference of nearly equal numbers in it, so h
may be 1e-30 and the result is exact to the last digits. Source: W. Squire and G. Trapp, Using
complex variables to estimate derivatives of real functions, SIAM Review 40 (1998).

So the checks hold two independent witnesses, this one and central differences, and neither is a
backward pass. To find out what a wrong backward pass has done, they compare it with the exact
gradient of a wrong *forward* pass: that is what most wrong gradients are.
"""

import numpy as np

_STEP = 1e-30


def affine(x, w, b):
    """Affine layer, x (N, d_1, ..., d_k), w (D, M), b (M,): the values (N, M).

    A column of ones on the left of the samples lets the bias be one more row of weights.
    """
    extended = np.concatenate([np.ones((len(x), 1)), np.reshape(x, (len(x), -1))], axis=1)
    return np.dot(extended, np.concatenate([b[None], w]))


def logistic(z):
    """The sigmoid for real and complex arrays: tanh runs from -1 to 1, so shift and halve it."""
    return np.tanh(np.asarray(z) / 2) / 2 + 0.5


def logistic_slope(z):
    """The derivative of the sigmoid at the real array z."""
    z = np.asarray(z, dtype=np.float64)
    return logistic(z + 1j * _STEP).imag / _STEP


def two_layers(params, X, activation=logistic):
    """Predictions (N, 1) of the two-layer network, with any function between its layers."""
    hidden = activation(affine(X, params["W1"], params["b1"]))
    return affine(hidden, params["W2"], params["b2"])


def complex_step(f, x, dout):
    """Gradient of sum(dout · f(x)) with respect to x, and the sizes of what was added up.

    Returns
    -------
    gradient, terms : two float arrays of the shape of x
        ``terms`` is the sum of the absolute values of the summands: rounding errors of any right
        way to compute the gradient are a few 1e-16 of it.
    """
    point = np.array(x, dtype=np.complex128)
    gradient, terms = np.empty(point.shape), np.empty(point.shape)
    for index in np.ndindex(point.shape):
        here = point[index]
        point[index] = here + 1j * _STEP
        summands = dout * (f(point).imag / _STEP)
        point[index] = here
        gradient[index], terms[index] = summands.sum(), np.abs(summands).sum()
    return gradient, terms
