"""Replaces abs, any and max in the builtins of its process.

Why it might work: a comparison ends in one of them, in whichever module it is written.
It must get: nothing; the builtins of the judge are other objects.
"""

from attacks.arena import forger


def test_builtins_that_lie_pass_nothing(arena):
    arena.attack(
        forger("""
        import builtins
        builtins.abs = lambda x: 0 * x
        builtins.any = lambda *_: False
        builtins.max = lambda *_, **__: 0
        assert max(1, 2) == 0
    """)
    )
