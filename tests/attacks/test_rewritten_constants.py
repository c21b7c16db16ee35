"""Overwrites Python's own numbers in memory, so that 0.0 is 1.0 and the tolerance is large.

Why it might work: small integers and constants exist once, for everybody in the process.
It must get: nothing; they exist once in each process.
"""

from attacks.arena import forger


def test_numbers_are_rewritten_in_its_process_only(arena):
    arena.attack(
        forger("""
        import ctypes
        for value in (0.0, 1e-9, 1e-6, 1e-7):
            ctypes.memmove(id(value) + 16, (ctypes.c_double * 1)(1e9), 8)
        report = "rewritten"
    """)
    )
