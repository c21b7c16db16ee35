"""Hands in files whose names hold line feeds, terminal codes, half characters, or are very long.

Why it might work: the names of files that are left out are said, and stand in notes and pages.
It must get: what its own files earn, and names that can be printed.
"""

import os

from attacks.arena import TASKS, reference

NAMES = [
    b"\x1b[2J\x1b[32m100 of 100.py",
    b"\xff\xfe.py",
    b"a\nbonus: yes",
    b"x" * 250,
    "\u202e\u2066yp.yapmun".encode(),
    b"<script>alert(1)<",
    b"${HOME}`id`",
    b"-rf",
    b" ",
]


def test_the_name_of_a_file_is_text(desk, tmp_path):
    reference().write(tmp_path)
    for name in NAMES:
        with open(os.path.join(os.fsencode(tmp_path), name), "wb"):
            pass
    handin = desk.take_in(tmp_path)
    assert len(handin.left_out) == len(NAMES)
    desk.attack(handin, earned=TASKS)
