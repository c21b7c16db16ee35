"""Answers rightly, with 5 MB in each answer that nobody has asked for.

Why it might work: what comes is read, checked and kept for a while outside of the sandbox, in
memory and time that no limit of a student's process knows.
It must get: nothing; an answer may be a thousand times as large as the reference's, and no larger.
"""

from attacks.arena import TOOLS, honest_but


def test_an_answer_has_a_largest_size(arena):
    verdicts = arena.attack(
        honest_but(
            "affine_forward",
            "import os, sys\n"
            + TOOLS
            + """
wire = the_wire()
encode = wire.encode
wire.encode = lambda header, blobs=(): encode(header, [*blobs, np.zeros(5 << 17)])
""",
        ),
        earned={"sigmoid_forward", "sigmoid_backward"},
    )
    assert "larger than 4 MB" in verdicts["affine_forward"].says
