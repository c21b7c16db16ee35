"""Says forty thousand times in one answer that an argument was changed, of arguments not there.

Why it might work: the time of a call is over when the answer is there, and we go on copying.
It must get: nothing for that function; an answer has a thousand changes at most.
"""

from attacks.arena import TOOLS, honest_but


def test_more_changes_than_an_answer_can_have_are_none(arena):
    verdicts = arena.attack(
        honest_but(
            "sigmoid_backward",
            "import os, sys\n"
            + TOOLS
            + """
wire = the_wire()
encode = wire.encode
wire.encode = lambda header, blobs=(): encode(
    {**header, "changed": [[99, ["none"]]] * 40_000}, blobs)
""",
        ),
        earned={"affine_forward", "affine_backward", "sigmoid_forward", "network_forward"},
    )
    assert "more than 1000" in verdicts["sigmoid_backward"].says
