"""Runs the instructor's solution, straight from its file.

Why it might work: the grader may read it, and the student's code runs for the grader.
It must get: nothing; for its process there is no such file.
"""

from attacks.arena import forger


def test_the_reference_cannot_be_opened(arena):
    verdicts = arena.attack(
        forger("""
        got = []
        for folder in ("ROOT/instructor/solution", "HOST/source/exercise_05"):
            try:
                exec(open(f"{folder}/exercise_code/networks/layer.py").read())
                got.append(folder)
            except OSError as error:
                got.append(type(error).__name__)
        report = str(got)
    """)
    )
    says = verdicts["affine_forward"].says
    assert says.count("FileNotFoundError") + says.count("PermissionError") == 2
