"""Returns right numbers in types that no comparison was written for: texts, dates, records, voids.

Why it might work: an exception inside a check, and not of the student's code, ends the whole run.
It must get: nothing, and a verdict like everybody.
"""

import pytest
from attacks.arena import answering

TYPES = [
    "'S8'",
    "'U8'",
    "'M8[s]'",
    "'m8[s]'",
    "'V8'",
    "[('a', 'f8')]",
    "'f2'",
    "'f4'",
    "'c16'",
    "'?'",
    "'i8'",
    "np.longdouble",
    "'O'",
]


@pytest.mark.parametrize("kind", TYPES)
def test_a_strange_type_is_a_verdict_and_no_crash(desk, kind):
    desk.attack(
        answering(
            "sigmoid_backward",
            f"""
        return np.zeros(dout.shape, {kind})
    """,
        ),
        earned={"affine_forward", "affine_backward", "sigmoid_forward", "network_forward"},
    )
