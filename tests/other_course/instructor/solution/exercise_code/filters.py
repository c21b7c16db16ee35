"""Filters without weights."""

import numpy as np


def moving_average(x, width):
    """The averages of every `width` neighbours of x (N,): N - width + 1 of them."""
    ### BEGIN SOLUTION
    ### STUB raise NotImplementedError("moving_average: in exercise_code/filters.py.")
    sums = np.cumsum(np.concatenate([[0.0], x]))
    out = (sums[width:] - sums[:-width]) / width
    ### END SOLUTION
    return out
