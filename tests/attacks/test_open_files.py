"""Opens files until no more can be opened.

Why it might work: the number of open files is a limit of the machine, too.
It must get: an error at its own limit.
"""

from attacks.arena import forger


def test_open_files_are_limited(arena):
    verdicts = arena.attack(
        forger("""
        kept = []
        try:
            while len(kept) < 5000:
                kept.append(os.open(os.devnull, os.O_RDONLY))
        except OSError:
            pass
        report = f"fewer than a hundred: {len(kept) < 100}"
        for number in kept:
            os.close(number)
    """)
    )
    assert "fewer than a hundred: True" in verdicts["affine_forward"].says
