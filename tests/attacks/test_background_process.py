"""Starts a program that goes on when the hand-in has been graded.

Why it might work: subprocess.Popen with a session of its own survives its parent.
It must get: an error; no program starts from a sandbox.
"""

from attacks.arena import forger


def test_no_program_starts(arena):
    verdicts = arena.attack(
        forger("""
        import subprocess
        report = tries(
            lambda: subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"],
                                     start_new_session=True),
            lambda: os.posix_spawn("/bin/sh", ["sh", "-c", "sleep 60 &"], {}),
            lambda: os.execv(sys.executable, [sys.executable, "-c", ""]),
            lambda: os.popen("sleep 60 &").read())
        report += f", and system gives {os.system('sleep 60 &') != 0}"
    """)
    )
    assert "4 ways, got [], and system gives True" in verdicts["affine_forward"].says
