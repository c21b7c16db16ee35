"""Returns objects that become an array only when NumPy asks them to, by __array__.

Why it might work: np.asarray in the judge would call the student's method, with the expected array
as the next thing on the stack.
It must get: nothing. No object of its own reaches the judge, only the name of its class.
"""

from attacks.arena import answering


def test_no_method_of_its_own_runs_in_the_judge(arena):
    verdicts = arena.attack(
        answering(
            "sigmoid_backward",
            """
        class Later:
            __array_priority__ = 1e9
            def __array__(self, *_, **__):
                return dout * cache * (1 - cache)
            def __array_ufunc__(self, *_, **__):
                return True
            @property
            def __array_interface__(self):
                return self.__array__().__array_interface__
        return Later()
    """,
        ),
        earned={"affine_forward", "affine_backward", "sigmoid_forward", "network_forward"},
    )
    assert "Later" in verdicts["sigmoid_backward"].says
