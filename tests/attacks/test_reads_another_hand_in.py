"""Takes another student's functions, out of the folder of what was handed in.

Why it might work: all hand-ins lie side by side, and the grader reads them all.
It must get: nothing.
"""

from attacks.arena import forger


def test_another_hand_in_cannot_be_read(arena):
    verdicts = arena.attack(
        forger("""
        import glob
        found = [path for pattern in ("HOST/submitted/*/*/exercise_code/networks/layer.py",
                                      "../../*/exercise_code/networks/layer.py",
                                      "/tmp/i2dl-held-judge-*/package/*/*/layer.py",
                                      "/proc/*/root/tmp/*/package")
                 for path in glob.glob(pattern)
                 if os.path.realpath(path) != os.path.realpath(__file__)]
        copied = 0
        for path in found:
            try:
                exec(open(path).read())
                copied += 1
            except OSError:
                pass
        report = f"copied {copied}"
    """)
    )
    assert "copied 0" in verdicts["affine_forward"].says
