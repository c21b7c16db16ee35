"""Hands in a link in place of a folder, or of the whole hand-in.

Why it might work: the files in it are plain files, and only the way to them is a link.
It must get: nothing; a folder that is a link is not entered.
"""

from attacks.arena import LAYER, reference


def test_a_linked_folder_is_not_entered(desk, tmp_path):
    reference().write(tmp_path)
    networks = (tmp_path / LAYER).parent
    networks.rename(tmp_path / "elsewhere")
    networks.symlink_to(desk.host.folder / "source" / "exercise_05" / "exercise_code" / "networks")
    (tmp_path / "1_TwoLayerNetwork.ipynb").write_text("{}")
    handin = desk.take_in(tmp_path)
    assert LAYER not in handin.files and "link" in handin.refused[LAYER]
    desk.attack(handin)


def test_a_linked_hand_in_is_not_opened(desk, tmp_path):
    (tmp_path / "exercise_05").symlink_to(desk.host.folder / "source" / "exercise_05")
    assert "is a link" in desk.take_in(tmp_path / "exercise_05")
