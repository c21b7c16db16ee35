"""Replaces NumPy's comparisons, so that whatever is compared counts as equal.

Why it might work: the notebook's checks and a student's code share one process and one NumPy.
It must get: nothing. Nobody compares anything in its process.
"""

from attacks.arena import forger


def test_comparisons_that_always_hold_pass_nothing(arena):
    verdicts = arena.attack(
        forger("""
        equal = lambda *_, **__: True
        for name in ("allclose", "isclose", "array_equal", "all", "isfinite", "array_equiv"):
            setattr(np, name, equal)
        np.abs = np.absolute = lambda array: np.zeros(np.shape(array))
        np.testing.assert_allclose = np.testing.assert_array_equal = equal
        report = f"everything is equal: {np.allclose(0, 1)}"
    """)
    )
    assert "everything is equal: True" in verdicts["affine_forward"].says
