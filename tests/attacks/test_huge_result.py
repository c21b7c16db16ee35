"""Returns 400 MB.

Why it might work: who reads an answer to its end needs as much memory as the sender says.
It must get: nothing for that function; the judge does not take more than the format allows.
"""

from attacks.arena import answering


def test_an_answer_larger_than_allowed_is_not_read(arena):
    verdicts = arena.attack(
        answering(
            "sigmoid_backward",
            """
        return np.zeros(50_000_000)
    """,
        ),
        earned={"affine_forward", "affine_backward", "sigmoid_forward", "network_forward"},
    )
    assert verdicts["sigmoid_backward"].cause in ("no_answer", "time_limit", "exception")
