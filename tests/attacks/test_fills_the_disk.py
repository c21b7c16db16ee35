"""Writes as many and as large files as it may.

Why it might work: a full disk stops the gradebook, the feedback and everybody else.
It must get: an error, sooner or later; and all of it is gone when it has been judged.
"""

from attacks.arena import forger


def test_what_was_written_is_gone(arena):
    verdicts = arena.attack(
        forger("""
        wrote = 0
        try:
            for number in range(100):
                with open(f"large{number}", "wb") as file:
                    wrote += file.write(bytes(1 << 20))
            with open("larger", "wb") as file:
                file.write(bytes((1 << 20) + 1))
            report = "no limit"
        except OSError as error:
            report = f"wrote {wrote > 0}, then {type(error).__name__}"
    """)
    )
    assert "wrote True, then OSError" in verdicts["affine_forward"].says
