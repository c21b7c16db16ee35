"""Imports the course's own modules: the referee, the hidden cases, the reference.

Why it might work: the course is installed in the environment whose interpreter runs it.
It must get: nothing; neither is in reach of the interpreter.
"""

from attacks.arena import forger


def test_neither_course_nor_instructor_can_be_imported(arena):
    verdicts = arena.attack(
        forger("""
        import importlib
        sys.path[:0] = ["ROOT", "ROOT/src", "ROOT/instructor/solution"]
        report = tries(*(lambda name=name: importlib.import_module(name) for name in (
            "i2dl_course", "i2dl_course.judging.referee", "instructor",
            "instructor.hidden.affine_forward")), refused=(ImportError, OSError))
    """)
    )
    assert "4 ways, got []" in verdicts["affine_forward"].says
