"""Writes a verdict to every open file of its process, whatever it is.

Why it might work: the way to the judge is one of them, though it does not know which.
It must get: nothing. What is no answer ends its process.
"""

from attacks.arena import forger


def test_noise_on_the_wire_is_no_answer(arena):
    verdicts = arena.attack(
        forger(
            """
report = f"sent to {send(b'passed' * 100)} pipes"
"""
        )
    )
    assert {verdict.cause for verdict in verdicts.values()} == {"no_answer"}
