"""Knows the answers to the public cases by heart, and nothing else.

Why it might work: the notebook's first round of cases is the same for everybody.
It must get: nothing; the server draws other numbers.
"""

import json

import numpy as np
from attacks.arena import LAYER, NET, HandIn, reference

from exercise_code.tests.sigmoid_layer import SigmoidLayer


def test_public_answers_are_no_answers(arena):
    cases = SigmoidLayer.cases(np.random.default_rng(5))
    known = [[case.x.tolist(), SigmoidLayer.out(case).value.tolist()] for case in cases]
    layer = f"""
import json
import numpy as np
KNOWN = json.loads({json.dumps(known)!r})
def sigmoid_forward(x):
    for given, out in KNOWN:
        if np.array_equal(x, given):
            return np.array(out), np.array(out)
    return np.zeros(x.shape), np.zeros(x.shape)
"""
    arena.attack(HandIn({LAYER: layer.encode(), NET: reference().files[NET]}))
