"""Hands in the given package with checks that always pass.

Why it might work: the whole folder is handed in, and the checks are in it.
It must get: what its own files earn, and the words that the change does not count.
"""

from attacks.arena import ROOT, forger

from i2dl_course.handins.unasked import CHANGED

NAMES = (
    "exercise_code/tests/checks.py",
    "exercise_code/tests/__init__.py",
    "exercise_code/tests/compare.py",
    "exercise_code/networks/base.py",
)


def test_a_changed_check_is_not_used(desk, tmp_path):
    forger("report = 'mine'").write(tmp_path)
    for name in NAMES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"def check(*_): return 100\n" + (ROOT / name).read_bytes())
    handin = desk.take_in(tmp_path)
    assert handin.left_out == dict.fromkeys(sorted(NAMES), CHANGED)
    assert len(handin.notes()) == 1
    desk.attack(handin)
