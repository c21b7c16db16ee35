"""Writes into the course: nbgrader's configuration, which then runs as the instructor.

Why it might work: nbgrader_config.py is Python, and the grader may write it.
It must get: nothing; not one file outside is made or changed.
"""

from attacks.arena import forger


def test_nothing_outside_is_written(arena):
    verdicts = arena.attack(
        forger("""
        above = os.path.dirname(os.getcwd())
        report = tries(*(lambda path=path: open(path, "w").write(path) and path for path in (
            "HOST/nbgrader_config.py", "HOST/new.py", "ROOT/source/x.py", "/tmp/../etc/x",
            "HOST/feedback/victim/exercise_05/leak.html", f"{above}/worker.py",
            f"{above}/skeleton/exercise_code/__init__.py", f"{above}/x.py",
            os.path.join(os.path.dirname(np.__file__), "x.py"), "/dev/shm/x")))
    """)
    )
    assert "10 ways, got []" in verdicts["affine_forward"].says
