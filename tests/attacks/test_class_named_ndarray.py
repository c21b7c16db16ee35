"""Returns an object of a class that is called ndarray, in a module that is called numpy.

Why it might work: the judge learns of a foreign object nothing but the name of its class.
It must get: nothing; a name is not a type.
"""

from attacks.arena import answering


def test_the_name_of_a_type_is_not_the_type(arena):
    verdicts = arena.attack(
        answering(
            "sigmoid_backward",
            """
        return type("ndarray", (), {"__module__": "numpy", "shape": dout.shape})()
    """,
        ),
        earned={"affine_forward", "affine_backward", "sigmoid_forward", "network_forward"},
    )
    assert verdicts["sigmoid_backward"].cause == "wrong_type"
