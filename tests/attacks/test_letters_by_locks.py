"""Locks a file of the interpreter, or does not, for a hand-in that is judged meanwhile: one bit.

Why it might work: every sandbox sees the same files, and whoever may read a file may lock it.
It must get: nothing; a lock is said to be had, and has no effect.
"""

import fcntl
import os

from attacks.arena import forger


def test_no_lock_of_another_is_felt(arena):
    with open(os.__file__, "rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        verdicts = arena.attack(
            forger("""
            import fcntl
            with open(os.__file__, "rb") as file:
                at_once = fcntl.LOCK_EX | fcntl.LOCK_NB
                report = tries(
                    lambda: fcntl.flock(file, at_once) or "flock",
                    lambda: fcntl.lockf(file, at_once) or "lockf",  # else only who may write has it
                )
        """)
        )
    assert "got ['flock', 'lockf']" in verdicts["affine_forward"].says
