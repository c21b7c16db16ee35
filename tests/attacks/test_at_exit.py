"""Leaves functions that run when its process ends, and writes and answers in them.

Why it might work: what runs last is not watched any more, and sees what the process has become.
It must get: nothing; the process is ended from outside, and runs nothing any more.
"""

from attacks.arena import forger


def test_nothing_runs_at_the_end(arena):
    arena.attack(
        forger("""
        import atexit, threading, weakref
        def last(*_):
            open("HOST/last_words.txt", "w").write("passed")
            for number in range(64):
                try:
                    os.write(number, b"passed")
                except OSError:
                    pass
        class Dying:
            __del__ = last
        atexit.register(last)
        threading._register_atexit(last)
        sys.modules["dying"] = Dying()
        report = "all is prepared"
    """)
    )
