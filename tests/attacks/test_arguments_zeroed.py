"""Sets the arrays that it is given to zero, and answers zero, which would then be right.

Why it might work: a check that compares with what it has given away compares with zero.
It must get: nothing, and the words that the caller's arrays have changed.
"""

from attacks.arena import LAYER, NET, HandIn

LAYER_TEXT = b"""
import numpy as np
def zero(*arrays):
    for array in arrays:
        array[...] = 0
def affine_forward(x, w, b):
    zero(x, w, b)
    return np.zeros((len(x), w.shape[1])), (x, w, b)
def affine_backward(dout, cache):
    zero(dout, *cache)
    return tuple(np.zeros(array.shape) for array in cache)
def sigmoid_forward(x):
    x[...] = -1e9 if x.dtype.kind == "f" else 0
    return np.zeros(x.shape), np.zeros(x.shape)
def sigmoid_backward(dout, cache):
    zero(dout, cache)
    return np.zeros(dout.shape)
"""
NET_TEXT = b"""
import numpy as np
class TwoLayerNet:
    def __init__(self, d, h, *, rng):
        self.params = dict(W1=np.ones((d, h)), b1=np.ones(h), W2=np.ones((h, 1)), b2=np.ones(1))
    def forward(self, X):
        X[...] = 0
        for array in self.params.values():
            array[...] = 0
        return np.zeros((len(X), 1))
    def backward(self, dy):
        dy[...] = 0
        return {name: np.zeros(array.shape) for name, array in self.params.items()}
"""


def test_a_sabotaged_question_makes_no_answer_right(arena):
    arena.attack(HandIn({LAYER: LAYER_TEXT, NET: NET_TEXT}))
