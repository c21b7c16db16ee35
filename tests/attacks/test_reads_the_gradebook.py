"""Reads the gradebook, where the source of every hidden test lies in clear text.

Why it might work: with stock nbgrader it lies three folders up.
It must get: nothing.
"""

from attacks.arena import forger


def test_the_gradebook_cannot_be_read(arena):
    verdicts = arena.attack(
        forger("""
        report = tries(*(lambda path=path: open(path, "rb").read() for path in (
            "../../../gradebook.db", "HOST/gradebook.db", "ROOT/gradebook.db",
            "ROOT/course.toml", "HOST/nbgrader_config.py")))
    """)
    )
    assert "5 ways, got []" in verdicts["affine_forward"].says
