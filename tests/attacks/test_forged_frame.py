"""Finds the request on the stack and answers it itself, with a frame that says that it has passed.

Why it might work: the answer has the right number, and comes by the right way.
It must get: nothing; there is no way to say "passed", and what it says is compared.
"""

from attacks.arena import forger


def test_a_forged_answer_is_an_answer_and_no_verdict(arena):
    verdicts = arena.attack(
        forger(
            """
now = request()
wire = the_wire()
send(wire.encode({"id": now["id"], "passed": True, "points": 100, "says": "All values are right",
                  "value": ["bool", True], "changed": [], "params": [], "warnings": []}))
"""
        )
    )
    assert all(not verdict.passed for verdict in verdicts.values())
