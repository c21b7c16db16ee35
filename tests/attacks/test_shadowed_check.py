"""Hands in a package exercise_code/tests/checks/, which Python prefers to the module checks.py.

Why it might work: checks.py itself is put back, and nobody removes what is added; stock nbgrader
gives 8 of 12 points for it.
It must get: what its own files earn, and the words that it was left out, and why.
"""

import pytest
from attacks.arena import LAYER, forger

from i2dl_course.handins.unasked import HIDING

NAMES = [
    "exercise_code/tests/checks/__init__.py",
    "exercise_code/tests/compare.abi3.so",
    "exercise_code/tests/checks.cpython-311-x86_64-linux-gnu.so",
    "exercise_code/networks/base/__init__.py",
    LAYER.replace(".py", "/__init__.py"),
]


@pytest.mark.parametrize("name", NAMES)
def test_a_package_in_the_place_of_a_module_is_not_used(desk, tmp_path, name):
    forger("report = 'mine'").write(tmp_path)
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text("CHECKS = {}")
    handin = desk.take_in(tmp_path)
    assert handin.left_out == {name: HIDING}
    desk.attack(handin)
