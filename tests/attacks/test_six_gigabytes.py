"""Asks for 6 GB of memory.

Why it might work: the kernel then ends some process, and not always the one that asked.
It must get: a MemoryError, in its own line of code.
"""

from attacks.arena import answering


def test_more_memory_than_allowed_is_refused(arena):
    verdicts = arena.attack(
        answering(
            "sigmoid_backward",
            """
        return np.ones(6 << 27)
    """,
        ),
        earned={"affine_forward", "affine_backward", "sigmoid_forward", "network_forward"},
    )
    assert "np.ones(6 << 27)" in verdicts["sigmoid_backward"].says
