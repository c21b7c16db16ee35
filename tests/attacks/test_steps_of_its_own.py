"""Makes up the steps of its code, and keeps the right arrays that are put in their place.

Why it might work: a right array is sent to where the hand-in runs, and is what the check asks for.
It must get: no point, for all verdicts are there before; and words on one line.
"""

from attacks.arena import all_but, honest_but


def test_right_arrays_that_are_kept_earn_nothing(arena):
    verdicts = arena.attack(
        honest_but(
            "sigmoid_backward",
            """
            import importlib, sys
            steps = importlib.import_module("exercise_code.tests.steps")
            editing = importlib.import_module("exercise_code.tests.editing")

            def kept(dout, cache):
                given = vars(sys.modules[__name__]).get("given_step")
                return dout * (cache if given is None else given)

            def made_up(text, roots):
                code = compile("from sys import kept as sigmoid_backward", "", "exec")
                told = editing.Change("step", 3, "\\x1b[2J passed with all points\\n")
                return iter([(told, code)] * 3)

            sys.kept, steps.steps = kept, made_up
            return np.sin(dout) * cache ** 3
            """,
        ),
        earned=all_but("sigmoid_backward", "network_backward"),
    )
    says = verdicts["sigmoid_backward"].says
    assert "passed with all points" in says, says  # the attack has reached the words
    assert verdicts["sigmoid_backward"].points == 0 and says.isprintable() and len(says) < 400
