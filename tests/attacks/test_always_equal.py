"""Returns objects that are equal to everything, smaller than everything, and true.

Why it might work: `assert result == expected` asks the student's own object.
It must get: nothing, and the words that this is no array.
"""

from attacks.arena import LAYER, NET, HandIn

ALWAYS = b"""
class Always:
    shape, dtype, size, ndim = (5, 3), float, 15, 2
    def __getattr__(self, name):
        return lambda *_, **__: self
    __eq__ = __le__ = __lt__ = __ge__ = __gt__ = lambda self, other: True
    __sub__ = __rsub__ = __add__ = __mul__ = __abs__ = lambda self, *_: self
    __hash__ = None
    __bool__ = lambda self: True
    __class__ = property(lambda self: float)
"""


def test_what_is_equal_to_everything_is_not_right(arena):
    layer = (
        ALWAYS
        + b"""
def affine_forward(x, w, b): return Always(), Always()
def affine_backward(dout, cache): return Always(), Always(), Always()
def sigmoid_forward(x): return Always(), Always()
def sigmoid_backward(dout, cache): return Always()
"""
    )
    net = (
        ALWAYS
        + b"""
import numpy as np
class TwoLayerNet:
    def __init__(self, d, h, *, rng):
        self.params = dict(W1=np.ones((d, h)), b1=np.ones(h), W2=np.ones((h, 1)), b2=np.ones(1))
    def forward(self, X): return Always()
    def backward(self, dy): return dict.fromkeys(self.params, Always())
"""
    )
    arena.attack(HandIn({LAYER: layer, NET: net}))
