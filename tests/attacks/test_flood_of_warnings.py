"""Warns a hundred thousand times, each time in other words, of HTML and with terminal codes.

Why it might work: warnings are passed on, so that a student may read them.
It must get: what its functions earn, and one short sentence.
"""

from attacks.arena import TASKS, honest_but


def test_warnings_are_counted_and_cut(desk):
    desk.attack(
        honest_but(
            "sigmoid_forward",
            r"""
        import warnings
        warnings.warn("\x1b[2J<script>\ud800\n" * 1000)
        for number in range(1000):
            warnings.warn(f"{number}" * 1000)
    """,
        ),
        earned=TASKS,
    )
