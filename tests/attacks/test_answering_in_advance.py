"""Sends the answer to the next question before it is asked, with the number of this one.

Why it might work: it is in the pipe when the judge begins to listen, and comes first.
It must get: nothing; the number of a call is drawn when it is made.
"""

from attacks.arena import forger


def test_an_answer_in_advance_does_not_belong_to_the_call(arena):
    verdicts = arena.attack(
        forger(
            """
for guess in ("0" * 16, request()["id"][::-1], "", None, 0, True, []):
    send(the_wire().encode({"id": guess, "value": ["none"]}))
"""
        )
    )
    assert {verdict.cause for verdict in verdicts.values()} == {"no_answer"}
