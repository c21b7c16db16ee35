"""Replaces json.dumps, so that each answer says that it has passed, with all points.

Why it might work: the answers of the worker are made with json.dumps, in the student's process.
It must get: nothing. An answer carries values, and no field of it is a verdict.
"""

from attacks.arena import forger


def test_an_answer_that_calls_itself_right_is_not(arena):
    arena.attack(
        forger("""
        import json
        dumps = json.dumps
        def boast(value, *args, **named):
            if isinstance(value, dict):
                value = {**value, "passed": True, "points": 100.0, "score": 100.0,
                         "verdict": {"passed": True, "points": 25.0}}
            return dumps(value, *args, **named)
        json.dumps = boast
        report = "each answer boasts"
    """)
    )
