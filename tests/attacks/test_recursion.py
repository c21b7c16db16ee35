"""Calls itself without end, with the limit on recursion taken away.

Why it might work: the stack of C overflows, and takes the interpreter with it.
It must get: nothing for that function, with the limit or without.
"""

import pytest
from attacks.arena import answering


@pytest.mark.parametrize("limit", ["", "sys.setrecursionlimit(10**9)"], ids=["held", "lifted"])
def test_a_recursion_ends_only_itself(arena, limit):
    verdicts = arena.attack(
        answering(
            "sigmoid_backward",
            f"""
        {limit}
        def again(x):
            return max(map(again, (x,)))
        return again(dout)
    """,
        ),
        earned={"affine_forward", "affine_backward", "sigmoid_forward", "network_forward"},
    )
    assert verdicts["sigmoid_backward"].cause in ("exception", "no_answer")
