"""Returns arrays of dtype object, full of objects with operators of their own.

Why it might work: an array of objects is an np.ndarray, and `got - want` calls the objects.
It must get: nothing; such arrays do not cross.
"""

from attacks.arena import answering


def test_an_array_of_objects_does_not_cross(arena):
    verdicts = arena.attack(
        answering(
            "sigmoid_backward",
            """
        class Yes(float):
            __sub__ = __rsub__ = __abs__ = lambda self, *_: 0.0
            __le__ = lambda self, other: True
        out = np.empty(dout.shape, object)
        out[...] = Yes(1)
        return out
    """,
        ),
        earned={"affine_forward", "affine_backward", "sigmoid_forward", "network_forward"},
    )
    assert verdicts["sigmoid_backward"].cause == "wrong_type"
