"""Replaces what the worker is made of: the functions and classes of `__main__`, and Submission.

Why it might work: sys.modules["__main__"] is the program that answers for the student.
It must get: nothing; that program decides nothing.
"""

from attacks.arena import forger


def test_a_worker_of_its_own_earns_nothing(arena):
    arena.attack(
        forger("""
        main = sys.modules["__main__"]
        from exercise_code import tests
        count = 0
        for place in (main, tests.Submission, *(v for v in list(vars(main).values())
                                                if isinstance(v, type))):
            for name, value in list(vars(place).items()):
                if callable(value) and not name.startswith("__"):
                    try:
                        setattr(place, name, lambda *_, **__: {"value": ["bool", True]})
                        count += 1
                    except (AttributeError, TypeError):
                        pass
        report = f"replaced {count} functions"
    """)
    )
