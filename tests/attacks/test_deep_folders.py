"""Makes folders in folders, deeper than a path can say, with files that nobody may open.

Why it might work: what cleans up after an attack calls itself once a level, and gives up.
It must get: nothing; all of it is gone when it has been judged.
"""

from attacks.arena import forger


def test_no_depth_is_too_deep_to_be_cleaned_up(arena):
    verdicts = arena.attack(
        forger("""
        top = os.getcwd()
        depth = 0
        try:
            for depth in range(1500):
                os.mkdir("d" * 100)
                os.chdir("d" * 100)
                open("locked", "w").close()
                os.chmod("locked", 0)
        except OSError:
            pass
        report = f"deeper than a path: {depth * 100 > 4096}"
        os.chdir(top)
    """)
    )
    assert "True" in verdicts["affine_forward"].says
