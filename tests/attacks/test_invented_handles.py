"""Answers with handles of things that it never had, and the same handle for everything.

Why it might work: a number stands for an object of the worker, and may stand for another's.
It must get: nothing; a handle is worth something in its own process only.
"""

from attacks.arena import forger


def test_a_handle_is_no_array(arena):
    arena.attack(
        forger(
            """
wire = the_wire()
def handles(value, blobs, depth=0):
    return ["tuple", [["handle", 2**52], ["handle", 0], ["handle", 1]]]
wire.pack = handles
"""
        )
    )
