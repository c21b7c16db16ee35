"""Kills the judge, its whole process group, and everything that it may kill.

Why it might work: a process may end any other of the same user; with stock nbgrader it does.
It must get: nothing; the run goes on without noticing.
"""

import os

from attacks.arena import forger


def test_no_signal_leaves_the_sandbox(arena):
    verdicts = arena.attack(
        forger(
            """
        import signal
        report = tries(
            lambda: os.kill(os.getppid(), signal.SIGKILL),
            lambda: os.kill(JUDGE, signal.SIGKILL),
            lambda: os.kill(-1, signal.SIGTERM),
            lambda: os.killpg(0, signal.SIGTERM),
            lambda: signal.pidfd_send_signal(os.pidfd_open(os.getppid()), 9))
    """.replace("JUDGE", str(os.getpid()))
        )
    )
    assert "5 ways, got []" in verdicts["affine_forward"].says
