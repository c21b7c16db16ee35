"""Looks for the checks beside its code, to replace them by ones that never complain.

Why it might work: students have them, and the package that they hand in works with them.
It must get: nothing. In its process there are no checks; those that decide are the referee's own.
"""

from attacks.arena import forger


def test_no_check_is_there_to_be_replaced(arena):
    verdicts = arena.attack(
        forger("""
        import importlib
        from exercise_code import tests
        found = [name for name in ("checks", "compare", "expected", "layer_checks", "affine_layer",
                                   "sigmoid_layer", "network_checks", "two_layer_network", "cases")
                 if importlib.util.find_spec(f"exercise_code.tests.{name}")]
        for name in dir(tests):
            if name.startswith(("check", "CHECK", "numeric")):
                setattr(tests, name, lambda *_, **__: True)
        tests.submission.Submission.guarded = lambda self, calls: self
        report = f"found {found}"
    """)
    )
    assert "found []" in verdicts["affine_forward"].says
