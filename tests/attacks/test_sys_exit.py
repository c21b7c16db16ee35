"""Ends the program when its function is called, as if all were done.

Why it might work: SystemExit is no Exception, and exit code 0 means success.
It must get: nothing, and the line of its code that did it.
"""

from attacks.arena import answering


def test_leaving_is_no_answer(arena):
    verdicts = arena.attack(
        answering(
            "sigmoid_backward",
            """
        sys.exit(0)
    """,
        ),
        earned={"affine_forward", "affine_backward", "sigmoid_forward", "network_forward"},
    )
    assert "sys.exit(0)" in verdicts["sigmoid_backward"].says
