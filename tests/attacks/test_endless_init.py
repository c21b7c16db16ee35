"""Never comes to the end of TwoLayerNet.__init__.

Why it might work: it is called to make the network, and not as one of the functions that are timed.
It must get: nothing for the network; the layers keep their points.
"""

from attacks.arena import SHORT, reference

LAYERS = {"affine_forward", "affine_backward", "sigmoid_forward", "sigmoid_backward"}


def test_making_a_network_has_a_time_limit(arena):
    endless = (
        "        super().__init__()\n",
        "        super().__init__()\n        while True:\n            pass\n",
    )
    verdicts = arena.attack(reference(net=endless), earned=LAYERS, seconds=SHORT)
    assert verdicts["network_forward"].cause == "time_limit"
