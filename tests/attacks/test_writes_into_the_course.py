"""Writes into the course: nbgrader's configuration, which then runs as the instructor.

Why it might work: nbgrader_config.py is Python, and the grader may write it.
It must get: nothing; not one file outside is made or changed.
"""

from attacks.arena import forger


def test_nothing_outside_is_written(arena):
    verdicts = arena.attack(
        forger("""
        got = []
        above = os.path.dirname(os.getcwd())
        for path in ("HOST/nbgrader_config.py", "HOST/new.py", "ROOT/source/x.py", "/tmp/../etc/x",
                     "HOST/feedback/victim/exercise_05/leak.html", f"{above}/worker.py",
                     f"{above}/skeleton/exercise_code/__init__.py", f"{above}/x.py",
                     os.path.join(os.path.dirname(np.__file__), "x.py"), "/dev/shm/x"):
            try:
                open(path, "w").write("x")
                got.append(path)
            except OSError:
                pass
        report = f"wrote {got}"
    """)
    )
    assert "wrote []" in verdicts["affine_forward"].says
