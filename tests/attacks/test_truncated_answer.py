"""Sends the first half of an answer, and ends.

Why it might work: who reads as much as was announced waits for the rest.
It must get: nothing for that call.
"""

from attacks.arena import forger


def test_half_an_answer_is_none(arena):
    verdicts = arena.attack(
        forger(
            """
frame = the_wire().encode({"id": request()["id"], "value": ["array", 0]}, [np.zeros((5, 3))])
send(frame[:-7])
os._exit(0)
"""
        )
    )
    assert {verdict.cause for verdict in verdicts.values()} == {"no_answer"}
