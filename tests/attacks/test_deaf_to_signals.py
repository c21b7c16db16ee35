"""Ignores every signal, swallows every exception, and loops for ever.

Why it might work: a time limit that asks the process to stop waits for its consent.
It must get: nothing for that function; a process is ended without being asked.
"""

from attacks.arena import SHORT, answering


def test_a_process_that_hears_nothing_is_ended(arena):
    verdicts = arena.attack(
        answering(
            "sigmoid_backward",
            """
        import signal
        for number in range(1, 65):
            try:
                signal.signal(number, signal.SIG_IGN)
            except (OSError, ValueError):
                pass
        while True:
            try:
                while True:
                    pass
            except BaseException:
                pass
    """,
        ),
        seconds=SHORT,
        earned={"affine_forward", "affine_backward", "sigmoid_forward", "network_forward"},
    )
    assert verdicts["sigmoid_backward"].cause == "time_limit"
