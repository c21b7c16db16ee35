"""Returns masked arrays in which every entry is masked, so that no entry is wrong.

Why it might work: a comparison of masked entries is masked, and np.all of nothing is true.
It must get: nothing; the mask does not cross.
"""

from attacks.arena import answering


def test_a_mask_hides_nothing(arena):
    arena.attack(
        answering(
            "sigmoid_backward",
            """
        return np.ma.masked_all(dout.shape)
    """,
        ),
        earned={"affine_forward", "affine_backward", "sigmoid_forward", "network_forward"},
    )
