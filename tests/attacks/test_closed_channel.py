"""Closes every file that its process has open.

Why it might work: who waits for an answer on a pipe that another holds open waits for ever.
It must get: nothing, at once.
"""

from attacks.arena import forger


def test_a_closed_channel_is_no_answer(arena):
    verdicts = arena.attack(
        forger("""
        os.closerange(0, 1024)
    """)
    )
    assert {verdict.cause for verdict in verdicts.values()} == {"no_answer"}
