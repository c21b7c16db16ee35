"""Returns arrays of odd shapes: empty, without dimensions, with sixty-four, with negative steps.

Why it might work: the words about a wrong array are made from it, and may not expect it.
It must get: nothing, and a verdict like everybody.
"""

import pytest
from attacks.arena import answering

VALUES = [
    "np.array(0.5)",
    "np.float64(0.5)",
    "np.empty((0,))",
    "np.empty((0, 10**9))",
    "np.zeros((1,) * 64)",
    "np.zeros((2,) * 17)",
    "right[::-1, ::-1]",
    "right.T",
    "np.zeros((10**6, 1))",
    "np.full(dout.shape, 1e308)",
    "np.full(dout.shape, 5e-324)",
    "right.astype('>f8') * 2",
    "np.where(right > 0, 1e308, -1e308)",
]


@pytest.mark.parametrize("value", VALUES)
def test_a_strange_shape_is_a_verdict_and_no_crash(desk, value):
    desk.attack(
        answering(
            "sigmoid_backward",
            f"""
        right = dout * cache * (1 - cache)
        return {value}
    """,
        ),
        earned={"affine_forward", "affine_backward", "sigmoid_forward", "network_forward"},
    )
