"""Ends its process at once, with success, while its answer is waited for.

Why it might work: with stock nbgrader the hand-in has no grade then, and no feedback.
It must get: nothing for that function, and the others judged.
"""

from attacks.arena import answering


def test_a_process_that_ends_costs_its_own_task(arena):
    verdicts = arena.attack(
        answering(
            "sigmoid_backward",
            """
        os._exit(0)
    """,
        ),
        earned={"affine_forward", "affine_backward", "sigmoid_forward", "network_forward"},
    )
    assert verdicts["sigmoid_backward"].cause == "no_answer"
