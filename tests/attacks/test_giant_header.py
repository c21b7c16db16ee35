"""Announces a header of four gigabytes, or arrays of a terabyte.

Why it might work: who makes room for what is announced makes room for it.
It must get: nothing; what is too large is refused before room is made.
"""

import pytest
from attacks.arena import forger

FRAMES = {
    "a header": 'struct.pack(">I", 2**32 - 1)',
    "an array": """(lambda h: struct.pack(">I", len(h)) + h)(json.dumps(
        {"wire": 1, "id": request()["id"], "value": ["array", 0], "blobs": [2**40]}).encode())""",
    "many arrays": """(lambda h: struct.pack(">I", len(h)) + h)(json.dumps(
        {"wire": 1, "id": request()["id"], "value": ["none"], "blobs": [1] * 100_000}).encode())""",
    "negative arrays": """(lambda h: struct.pack(">I", len(h)) + h)(json.dumps(
        {"wire": 1, "id": request()["id"], "value": ["none"], "blobs": [-5, 2**30]}).encode())""",
}


@pytest.mark.parametrize("what", FRAMES)
def test_what_is_announced_too_large_is_not_read(desk, what):
    verdicts = desk.attack(forger(f"\nsend({FRAMES[what]})\n"))
    assert {verdict.cause for verdict in verdicts.values()} == {"no_answer"}
