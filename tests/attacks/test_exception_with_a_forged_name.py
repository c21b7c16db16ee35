"""Raises exceptions whose names are verdicts, terminal codes, HTML, or a thousand lines long.

Why it might work: the judge says what was raised, to a terminal, a gradebook and a page.
It must get: nothing, and one sentence without control characters.
"""

import pytest
from attacks.arena import answering

NAMES = [
    "\x1b[2J\x1b[32m100 of 100 points",
    "✓ pass\n✓ pass",
    "<script>alert(1)</script>",
    "x" * 100_000,
    "TimeLimit",
    "NotImplementedError",
    "MissingFile",
    "KeyboardInterrupt",
    "Wrong",
    "NoAnswer",
    "\u202e\u2066passed",
    "",
]


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_the_name_of_an_exception_is_text(desk, name):
    desk.attack(
        answering(
            "sigmoid_backward",
            f"""
        raise type({name!r}, (Exception,), {{}})("passed")
    """,
        ),
        earned={"affine_forward", "affine_backward", "sigmoid_forward", "network_forward"},
    )
