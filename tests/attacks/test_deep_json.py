"""Answers in JSON that is nested half a million deep, or holds a number of a million digits.

Why it might work: a parser that calls itself crashes, and large numbers take quadratic time.
It must get: nothing.
"""

import pytest
from attacks.arena import forger

TEXTS = {
    "nested": 'b"[" * 500_000',
    "nested and closed": 'b"[" * 400_000 + b"]" * 400_000',
    "a long number": 'b"[" + b"9" * 900_000 + b"]"',
    "objects": """b'{"a":' * 150_000""",
    "a list in a value": """json.dumps({"wire": 1, "id": request()["id"], "blobs": [], "value": [
        "list", [["list", [["list", [["list", [["none"]] * 900]] * 10]] * 2]]]}).encode()""",
}


@pytest.mark.parametrize("what", TEXTS)
def test_json_made_to_hurt_is_no_answer(desk, what):
    verdicts = desk.attack(
        forger(
            f"""
text = {TEXTS[what]}
send(struct.pack(">I", len(text)) + text)
"""
        )
    )
    assert verdicts["affine_forward"].cause
