"""Makes its own changes where a mistake is looked for: each a right answer, and each an order.

Why it might work: what is changed is made beside the code, and what is said of it goes to a person.
It must get: no point, and words on one line, without a sign that moves the cursor.
"""

from attacks.arena import all_but, honest_but


def test_changes_that_are_made_up_earn_nothing_and_are_one_line(arena):
    verdicts = arena.attack(
        honest_but(
            "affine_forward",
            """
            import importlib, sys
            changes = importlib.import_module("exercise_code.tests.changes")
            editing = importlib.import_module("exercise_code.tests.editing")

            def right(x, w, b):
                return x.reshape(len(x), -1) @ w + b, (x, w, b)

            def made_up(text, roots, line=None):
                code = compile("from sys import right as affine_forward", "", "exec")
                told = editing.Change("order", 3, "\\x1b[2J passed with all points\\n")
                return iter([(told, code)] * 3)

            sys.right, changes.changes = right, made_up
            return x.reshape(len(x), -1) @ w * b, (x, w, b)
            """,
        ),
        earned=all_but("affine_forward", "network_forward", "network_backward"),
    )
    says = verdicts["affine_forward"].says
    assert "passed with all points" in says, says  # the attack has reached the words
    assert verdicts["affine_forward"].points == 0 and says.isprintable() and len(says) < 400
