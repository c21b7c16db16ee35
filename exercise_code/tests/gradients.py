"""The numeric gradient: slopes measured by a small step to either side."""

import numpy as np


def numeric_gradient(f, x, dout=None, h=1e-5):
    """Gradient of f at x by central differences, entry by entry.

    (f(x + h) - f(x - h)) / (2h) differs from the derivative by about h² f'''/6, and by rounding
    of about 1e-16 ``|f| / h``; h = 1e-5 keeps both near 1e-10 for numbers of the size of 1. Source:
    any book on numerical analysis, for example Press et al., Numerical Recipes, "Numerical
    derivatives".

    Parameters
    ----------
    f : callable
        Takes an array of x's shape; returns a number or an array. It is called twice for each
        entry of x. It must use its argument, not a variable of the same name outside.
    x : array
        Where the gradient is taken. It is left as it is.
    dout : array of the shape of f(x), optional
        Gradient of the loss with respect to f(x), as a backward function gets it. Needed when
        f returns more than one number.
    h : float
        The step, must be positive.

    Returns
    -------
    array of the shape of x, float64
        Entry i is the sum over all entries of dout · ∂f/∂x_i: the gradient of the loss with
        respect to x.

    Raises
    ------
    ValueError
        h is not positive, x holds no real numbers, or dout does not fit f(x).
    TypeError
        f returns something other than numbers, such as the pair (out, cache).

    Example
    -------
    >>> numeric_gradient(lambda x: np.sum(x**2), np.array([1.0, -3.0])).round(6)
    array([ 2., -6.])
    """
    if not h > 0:
        raise ValueError(f"h is a small positive step, but it is {h!r}.")
    point = np.array(x)
    if point.dtype.kind not in "fiu":
        raise ValueError(f"x must hold real numbers, but its dtype is {point.dtype}.")
    point = point.astype(np.float64)
    weights = None if dout is None else np.asarray(dout, dtype=np.float64)
    gradient = np.empty_like(point)
    for index in np.ndindex(point.shape):
        # f gets its own copy each time: it may keep it, or change it.
        above, below = point.copy(), point.copy()
        above[index] += h
        below[index] -= h
        rise = _numbers(f(above)) - _numbers(f(below))
        gradient[index] = _weighted(rise, weights) / (2 * h)
    return gradient


def _numbers(value):
    if isinstance(value, tuple):
        raise TypeError(
            f"f returned a tuple of {len(value)}, not an array of numbers; for a layer write "
            "something like lambda x: affine_forward(x, w, b)[0]."
        )
    values = np.array(value)
    if values.dtype.kind not in "fiub":
        raise TypeError(f"f must return real numbers, but it returned {type(value).__name__}.")
    return values.astype(np.float64)


def _weighted(rise, weights):
    if weights is None:
        if rise.size != 1:
            raise ValueError(
                f"f returns {rise.size} numbers, shape {rise.shape}; pass dout, an array of that "
                "shape, to say how much each of them counts."
            )
        return rise.item()
    if weights.shape != rise.shape:
        raise ValueError(f"dout has shape {weights.shape}, but f(x) has shape {rise.shape}.")
    return float(np.sum(weights * rise))
