"""Sends an answer byte by byte, so that there is always something to read and never an end.

Why it might work: a limit on silence never comes to pass.
It must get: nothing; the limit is on the whole answer.
"""

from attacks.arena import SHORT, forger


def test_an_answer_that_never_ends_has_a_time_limit(desk):
    verdicts = desk.attack(
        forger(
            """
import time
send(struct.pack(">I", 500_000) + b'{"wire": 1, "id": "')
while True:
    send(b"a")
    time.sleep(0.01)
"""
        ),
        seconds=SHORT,
    )
    assert "time_limit" in {verdict.cause for verdict in verdicts.values()}
