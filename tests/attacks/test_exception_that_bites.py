"""Raises exceptions that do something when they are shown: loop, print, raise, exit.

Why it might work: the judge asks an exception for its text, and so runs its code.
It must get: nothing. It is asked in its own process, and answers within its own time.
"""

import pytest
from attacks.arena import SHORT, answering

BODIES = [
    "raise SystemExit",
    "raise KeyboardInterrupt",
    "raise self",
    "return 7",
    "os._exit(0)",
    "return 'x' * 10**7",
    "sys.stdout.write('passed'); return ''",
]


@pytest.mark.parametrize("body", [*BODIES, "while True: pass"])
def test_showing_an_exception_is_its_own_affair(desk, body):
    desk.attack(
        answering(
            "sigmoid_backward",
            f"""
        class Biting(Exception):
            def __str__(self):
                {body}
            __repr__ = __str__
            __traceback__ = property(lambda self: 1 / 0)
        raise Biting
    """,
        ),
        seconds=SHORT,
        earned={"affine_forward", "affine_backward", "sigmoid_forward", "network_forward"},
    )
