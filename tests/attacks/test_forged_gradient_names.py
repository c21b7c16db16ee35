"""Returns gradients under names of terminal codes, half characters, and under nine hundred names.

Why it might work: the judge says which names it does not know.
It must get: nothing for the backward pass, and one sentence that can be printed and stored.
"""

import pytest
from attacks.arena import TASKS, reference

NAMES = {
    "terminal codes": r"{'\x1b[2J\x1b[32mpassed\n': dW1}",
    "half a character": r"{'\ud800': dW1}",
    "nine hundred": "{f'{i:020}': dW1 for i in range(900)}",
    "other types": "{None: dW1, 7: dW1, (): dW1, 2.5: dW1, b'x': dW1, dict: dW1}",
}


@pytest.mark.parametrize("kind", NAMES)
def test_the_names_of_gradients_are_text(desk, kind):
    forged = ("        grads = {", f"        grads = {{**{NAMES[kind]}, ")
    desk.attack(reference(net=forged), earned=TASKS - {"network_backward"})
