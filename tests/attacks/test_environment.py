"""Reads the grader's environment, where keys and passwords of other things often stand.

Why it might work: a process inherits it.
It must get: nothing; the worker starts with a bare one.
"""

from attacks.arena import forger


def test_the_environment_is_bare(arena, monkeypatch):
    monkeypatch.setenv("DATABASE_PASSWORD", arena.host.secret)
    verdicts = arena.attack(
        forger("""
        found = [name for name in os.environ if "PASSWORD" in name or name == "PYTHONPATH"]
        try:
            found += ["proc"] if b"PASSWORD" in open("/proc/self/environ", "rb").read() else []
        except OSError:
            pass
        report = f"of {len(os.environ)}: {found}"
    """)
    )
    assert verdicts["affine_forward"].says.count(": []") == 1
