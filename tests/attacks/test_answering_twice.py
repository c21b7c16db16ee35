"""Gives the right answer twice to one call: its own frame first, then the worker's.

Why it might work: the second stands in the pipe when the next question comes, and answers it.
It must get: nothing more than right answers; one with another call's number ends its process.
"""

from attacks.arena import TASKS, TOOLS, honest_but


def test_an_answer_that_is_left_over_answers_nothing(arena):
    verdicts = arena.attack(
        honest_but(
            "affine_forward",
            TOOLS.replace("import gc", "import os, sys, gc")
            + """
now = request()
if now.get("name") == "affine_forward":
    out = x.reshape(len(x), -1) @ w + b
    send(the_wire().encode({"id": now["id"], "value": ["tuple", [["array", 0], ["handle", 1]]]},
                           [out]))
""",
        ),
        earned=TASKS - {"affine_forward", "affine_backward"},
    )
    assert verdicts["affine_forward"].cause == "no_answer"
