"""Leaves a process behind that rewrites the grades after everybody has been graded.

Why it might work: a process that has left its session is nobody's to end.
It must get: nothing; no process starts, and none is left.
"""

from attacks.arena import forger


def test_no_daemon_starts(arena):
    verdicts = arena.attack(
        forger("""
        import time
        try:
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0:
                    time.sleep(2)
                    open("HOST/gradebook.db", "w").write("mine")
                os._exit(0)
            report = "a daemon runs"
        except OSError as error:
            report = f"no daemon: {type(error).__name__}"
    """)
    )
    assert "no daemon" in verdicts["affine_forward"].says
