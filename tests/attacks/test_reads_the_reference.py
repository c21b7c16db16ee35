"""Runs the instructor's solution, straight from its file.

Why it might work: the grader may read it, and the student's code runs for the grader.
It must get: nothing; for its process there is no such file.
"""

from attacks.arena import forger


def test_the_reference_cannot_be_opened(arena):
    verdicts = arena.attack(
        forger("""
        def solution(folder):
            exec(open(f"{folder}/exercise_code/networks/layer.py").read(), globals())
        report = tries(lambda: solution("ROOT/instructor/solution"),
                       lambda: solution("HOST/source/exercise_05"),
                       refused=(FileNotFoundError, PermissionError))
    """)
    )
    assert "2 ways, got []" in verdicts["affine_forward"].says
