"""Looks through the frames that have called it for an expectation, a case, a seed or a tolerance.

Why it might work: in one process, the check's own variables are two frames up.
It must get: nothing; in the frames above it stands the worker, which knows no more than it does.
"""

from attacks.arena import forger


def test_no_frame_above_holds_an_expectation(arena):
    verdicts = arena.attack(
        forger(
            """
names = set()
for frame in frames():
    names |= set(frame.f_locals) | {type(v).__name__ for v in frame.f_locals.values()}
known = {"expected", "want", "right", "case", "cases", "seed", "rng", "tolerance", "judge",
         "verdict", "gradebook", "LayerCase", "NetCase", "Expected", "Generator"}
report = f"of {len(names)} names: {sorted(names & known)}"
"""
        )
    )
    assert verdicts["affine_forward"].says.count(": []") == 1
