"""Starts processes without end, each of which does the same.

Why it might work: it is two lines of Python, and most machines still fall over.
It must get: an error at the first fork; its honest functions keep their points.
"""

from attacks.arena import answering


def test_the_first_fork_is_refused(arena):
    verdicts = arena.attack(
        answering(
            "sigmoid_backward",
            """
        while True:
            os.fork()
    """,
        ),
        earned={"affine_forward", "affine_backward", "sigmoid_forward", "network_forward"},
    )
    assert "os.fork()" in verdicts["sigmoid_backward"].says
