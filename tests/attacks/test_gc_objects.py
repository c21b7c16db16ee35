"""Asks the garbage collector for every object there is, and looks for cases and generators.

Why it might work: whatever is in memory can be found, however well it is hidden.
It must get: nothing; what is not in its process cannot be found there.
"""

from attacks.arena import forger


def test_no_case_lies_in_its_memory(arena):
    verdicts = arena.attack(
        forger("""
        import gc
        gc.unfreeze()
        kinds = [type(thing).__name__ for thing in gc.get_objects()]
        wanted = ("LayerCase", "NetCase", "Expected", "Judgement", "TaskVerdict", "Course",
                  "Gradebook", "HandIn")
        report = f"{len(kinds) > 1000} {[kind for kind in kinds if kind in wanted]}"
    """)
    )
    assert "True []" in verdicts["affine_forward"].says
