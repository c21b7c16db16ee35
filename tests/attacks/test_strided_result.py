"""Returns an array that claims a million by a million numbers and has one, by strides of zero.

Why it might work: it costs eight bytes to make, and eight terabytes to copy.
It must get: nothing for that function.
"""

from attacks.arena import answering


def test_an_array_without_memory_behind_it_is_not_copied(arena):
    arena.attack(
        answering(
            "sigmoid_backward",
            """
        return np.broadcast_to(0.25, (10**6, 10**6))
    """,
        ),
        earned={"affine_forward", "affine_backward", "sigmoid_forward", "network_forward"},
    )
