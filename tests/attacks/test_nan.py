"""Returns NaN and infinity, for which every comparison says something else.

Why it might work: `not (error > tolerance)` is true for NaN, and so is max() of a list with NaN.
It must get: nothing, and the words where the first NaN stands.
"""

import pytest
from attacks.arena import LAYER, NET, HandIn


@pytest.mark.parametrize("value", ["np.nan", "np.inf", "-np.inf"])
def test_nan_is_never_close(desk, value):
    layer = f"""
import numpy as np
def filled(array): return np.full(array.shape, {value})
def affine_forward(x, w, b): return np.full((len(x), w.shape[1]), {value}), (x, w, b)
def affine_backward(dout, cache): return tuple(map(filled, cache))
def sigmoid_forward(x): return filled(x), x
def sigmoid_backward(dout, cache): return filled(dout)
"""
    net = f"""
import numpy as np
class TwoLayerNet:
    def __init__(self, d, h, *, rng):
        self.params = dict(W1=np.ones((d, h)), b1=np.ones(h), W2=np.ones((h, 1)), b2=np.ones(1))
    def forward(self, X): return np.full((len(X), 1), {value})
    def backward(self, dy): return {{k: v * {value} for k, v in self.params.items()}}
"""
    verdicts = desk.attack(HandIn({LAYER: layer.encode(), NET: net.encode()}))
    assert {verdict.cause for verdict in verdicts.values()} <= {"nan", "infinite", "layer_wrong"}
