"""Starts a thread that goes on after its function has returned, and changes what was returned.

Why it might work: the caller holds the same array, and looks at it later.
It must get: an error; and what has crossed to the judge, no thread can change.
"""

from attacks.arena import forger


def test_no_thread_starts(arena):
    verdicts = arena.attack(
        forger("""
        import threading, _thread
        report = tries(threading.Thread(target=print).start,
                       lambda: _thread.start_new_thread(print, ()), refused=RuntimeError)
    """)
    )
    assert "2 ways, got []" in verdicts["affine_forward"].says
