"""Raises a SyntaxError that claims to come from another file, another line and another text.

Why it might work: file, line and text of a SyntaxError are whatever its maker says.
It must get: nothing, and one sentence without control characters.
"""

from attacks.arena import answering


def test_a_forged_syntax_error_is_text(desk):
    desk.attack(
        answering(
            "sigmoid_backward",
            r"""
        raise SyntaxError("\x1b[32mpassed\n", ("/etc/\x1b[2J\nshadow" * 50, 10**30, -1, "\n" * 99))
    """,
        ),
        earned={"affine_forward", "affine_backward", "sigmoid_forward", "network_forward"},
    )
