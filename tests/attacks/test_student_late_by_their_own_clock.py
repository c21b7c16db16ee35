"""Hands in without a timestamp.txt, or with one that nobody can read.

Why it might work: nbgrader then never takes the hand-in for late.
It must get: what the work earns, here nothing; the time that counts is the collector's.
"""

from attacks.classroom import attacker


@attacker
def forge_time(folder):
    (folder / "timestamp.txt").write_text("2020-05-22 12:00:00 UTC")
    (folder / "submission_secret.txt").write_text("x" * 100)


def test_a_time_of_their_own_breaks_nothing(classroom):
    classroom.outcome(__name__)
