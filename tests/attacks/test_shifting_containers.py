"""Returns tuples and dictionaries that say something else each time that they are asked.

Why it might work: what is looked at first, and what is used then, need not be the same.
It must get: nothing; a container is unpacked once, in its own process.
"""

from attacks.arena import SHORT, answering, reference


def test_a_tuple_that_lies_about_its_items_earns_nothing(arena):
    arena.attack(
        answering(
            "affine_backward",
            """
        class Shifting(tuple):
            __len__ = lambda self: 3
            def __iter__(self):
                while True:
                    yield np.zeros(1)
        return Shifting()
    """,
        ),
        seconds=SHORT,
        earned={"affine_forward", "sigmoid_forward", "sigmoid_backward", "network_forward"},
    )


def test_a_dictionary_without_end_earns_nothing(arena):
    endless = (
        "        self.grads = grads\n",
        """
        class Endless(dict):
            def items(self):
                number = 0
                while True:
                    number += 1
                    yield number, np.zeros(1)
        grads = Endless(grads)
        self.grads = grads
""",
    )
    arena.attack(
        reference(net=endless),
        seconds=SHORT,
        earned={
            "affine_forward",
            "affine_backward",
            "sigmoid_forward",
            "sigmoid_backward",
            "network_forward",
        },
    )
