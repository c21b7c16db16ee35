"""Rewrites the files that its process was started from, for the process that comes next.

Why it might work: after a crash another worker is started from the same folder.
It must get: nothing; what it can write is its own copy, which goes with its process.
"""

from attacks.arena import forger


def test_the_next_worker_starts_from_our_files(arena):
    verdicts = arena.attack(
        forger("""
        import exercise_code.tests
        for path in {exercise_code.tests.__file__, exercise_code.tests.submission.__file__,
                     exercise_code.tests.calling.__file__, os.path.abspath(sys.argv[0]),
                     "../worker.py", "../wire.py", "numpy.py", "wire.py", "sitecustomize.py"}:
            try:
                open(path, "w").write("raise SystemExit('mine')")
            except OSError:
                pass
        os._exit(0)
    """)
    )
    assert {verdict.cause for verdict in verdicts.values()} == {"no_answer"}
