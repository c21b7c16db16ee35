"""Hands in a link in place of a file: to the solution, to the gradebook, to another's file.

Why it might work: `nbgrader collect` copies what a link points to, as the instructor.
It must get: nothing for that file, and the words that it is a link.
"""

import pytest
from attacks.arena import LAYER, ROOT, TASKS, reference

TARGETS = [
    ROOT / "instructor" / "solution" / LAYER,
    "HOST/gradebook.db",
    "/etc/passwd",
    "/dev/zero",
    "../../../../host/gradebook.db",
    LAYER,
    "nowhere",
]


@pytest.mark.parametrize("target", TARGETS, ids=range(len(TARGETS)))
def test_a_link_is_not_followed(desk, tmp_path, target):
    reference().write(tmp_path)
    (tmp_path / LAYER).unlink()
    (tmp_path / LAYER).symlink_to(str(target).replace("HOST", str(desk.host.folder)))
    handin = desk.take_in(tmp_path)
    assert handin.refused == {LAYER: "it is a link"}
    assert LAYER not in handin.files
    assert not TASKS & {name for name, v in desk.attack(handin).items() if v.passed}
