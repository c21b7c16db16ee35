"""Lets the interpreter crash, by reading where nothing is.

Why it might work: there is no exception to catch, and who waits for an answer waits for ever.
It must get: nothing for that function; the others are judged in a new process.
"""

from attacks.arena import answering


def test_a_crash_costs_what_crashed(arena):
    verdicts = arena.attack(
        answering(
            "sigmoid_backward",
            """
        import ctypes
        ctypes.string_at(0)
    """,
        ),
        earned={"affine_forward", "affine_backward", "sigmoid_forward", "network_forward"},
    )
    assert verdicts["sigmoid_backward"].cause == "no_answer"
