"""Answers the first call, and never the second.

Why it might work: what has worked once is trusted, and nobody waits for it with a watch.
It must get: nothing for that function.
"""

from attacks.arena import SHORT, honest_but


def test_every_call_has_a_time_limit(arena):
    verdicts = arena.attack(
        honest_but(
            "sigmoid_backward",
            """
        calls = sigmoid_backward.__dict__
        calls["n"] = calls.get("n", 0) + 1
        while calls["n"] > 1:
            pass
    """,
        ),
        seconds=SHORT,
        earned={"affine_forward", "affine_backward", "sigmoid_forward", "network_forward"},
    )
    assert verdicts["sigmoid_backward"].cause == "time_limit"
