"""Sends warnings that are no texts, and turns warnings into errors.

Why it might work: the judge warns again of what the worker says it was warned of.
It must get: what its functions earn.
"""

from attacks.arena import TASKS, honest_but


def test_a_warning_is_a_text_or_nothing(desk):
    desk.attack(
        honest_but(
            "sigmoid_forward",
            """
        import sys, warnings
        warnings.simplefilter("error")
        frame = sys._getframe()
        while frame is not None:
            for value in list(frame.f_locals.values()):
                kept = getattr(value, "_warnings", None)
                if isinstance(kept, list):
                    kept[:] = [None, 7, {"a": []}, ["x"], "x" * 10**5, True]
            frame = frame.f_back
    """,
        ),
        earned=TASKS,
    )
