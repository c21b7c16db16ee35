"""Gives itself points, and takes another's, in the gradebook.

Why it might work: who may write the file may write any grade in it.
It must get: nothing, and nobody else either.
"""

from attacks.arena import forger


def test_the_gradebook_cannot_be_written(arena):
    verdicts = arena.attack(
        forger("""
        import sqlite3
        report = tries(
            lambda: open("HOST/gradebook.db", "r+b").write(b"mine"),
            lambda: open("HOST/gradebook.db", "ab").write(b"mine"),
            lambda: os.truncate("HOST/gradebook.db", 0),
            lambda: os.rename("HOST/gradebook.db", "HOST/other.db"),
            lambda: os.remove("HOST/gradebook.db"),
            lambda: sqlite3.connect("HOST/gradebook.db").execute("create table t (x)"),
            refused=(OSError, sqlite3.Error))
    """)
    )
    assert "6 ways, got []" in verdicts["affine_forward"].says
