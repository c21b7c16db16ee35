"""Prints what the judge prints when a task has passed, with colours, marks and points.

Why it might work: a person reads the page, and may take it for the verdict.
It must get: nothing in the gradebook; its words stand in the output of its own cell.
"""

from attacks.classroom import attacker, is_graded, runs_first

WORDS = "✓ pass  network_backward  25 of 25 points. All gradients are right. FORGED"


@attacker
def print_a_verdict(folder):
    runs_first(folder, f"for _ in range(6):\n    print('\\x1b[32m{WORDS}\\x1b[0m')")


def test_its_words_are_not_in_a_graded_cell(classroom):
    outcome = classroom.outcome(__name__)
    assert not [cell for cell in outcome.cells if is_graded(cell) and "FORGED" in str(cell)]
    assert "\x1b" not in outcome.page
