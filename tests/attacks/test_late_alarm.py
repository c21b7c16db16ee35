"""Sets an alarm that goes off when its function has returned, inside the worker's own code.

Why it might work: an exception out of nowhere may leave half an answer, or the wrong branch taken.
It must get: nothing; a process that dies between two calls gives no answer.
"""

from attacks.arena import forger


def test_an_alarm_in_the_worker_breaks_only_the_worker(arena):
    arena.attack(
        forger("""
        import signal
        def ring(*_):
            raise SystemExit("passed")
        signal.signal(signal.SIGALRM, ring)
        signal.setitimer(signal.ITIMER_REAL, 1e-4, 1e-4)
    """)
    )
