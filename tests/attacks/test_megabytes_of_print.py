"""Prints 40 MB in every call.

Why it might work: with stock nbgrader it makes notebooks and pages of 120 MB.
It must get: what its functions earn. Nobody stores what they print.
"""

from attacks.arena import TASKS, honest_but


def test_what_is_printed_is_not_kept(arena):
    arena.attack(
        honest_but(
            "affine_forward",
            """
        print("x" * 40_000_000)
    """,
        ),
        earned=TASKS,
    )
