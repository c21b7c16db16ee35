"""Takes for each call almost the time that a call may take, and does so in every call.

Why it might work: a limit for one call is no limit for a hundred, and the class waits.
It must get: nothing for that function; all calls of a task share one limit.
"""

from attacks.arena import SHORT, honest_but


def test_many_slow_calls_are_one_slow_task(arena):
    verdicts = arena.attack(
        honest_but(
            "sigmoid_backward",
            """
        import time
        time.sleep(0.6)
    """,
        ),
        seconds=SHORT,
        earned={"affine_forward", "affine_backward", "sigmoid_forward", "network_forward"},
    )
    assert verdicts["sigmoid_backward"].cause == "time_limit"
