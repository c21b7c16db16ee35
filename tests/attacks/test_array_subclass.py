"""Returns a subclass of np.ndarray whose shape, difference and comparisons lie.

Why it might work: isinstance(result, np.ndarray) holds, and the rest is up to the subclass.
It must get: nothing. Only the bytes of the array cross, and they are zeros.
"""

from attacks.arena import answering


def test_an_array_that_lies_about_itself_is_taken_by_its_bytes(arena):
    verdicts = arena.attack(
        answering(
            "sigmoid_backward",
            """
        class Liar(np.ndarray):
            def __sub__(self, other):
                return np.zeros(np.shape(other))
            __rsub__ = __sub__
            __eq__ = __le__ = lambda self, other: np.True_
            def __array_ufunc__(self, ufunc, method, *inputs, **named):
                return np.zeros(dout.shape) if ufunc is np.subtract else np.True_
            shape = property(lambda self: dout.shape)
        return np.zeros(dout.shape).view(Liar)
    """,
        ),
        earned={"affine_forward", "affine_backward", "sigmoid_forward", "network_forward"},
    )
    assert verdicts["sigmoid_backward"].cause
