"""Hands in a left_out.txt, which is where collecting keeps its notes for graders.

Why it might work: whoever opens a collected hand-in takes these notes for the collector's words.
It must get: a note that the file was left out; none of its words is heard.
"""

import os
import zipfile

from attacks.arena import TASKS, reference
from support.exchange import EXERCISE

from i2dl_course.handins.opening import HandIn
from i2dl_course.handins.storing import NOTES, stored_notes

FORGED = "\x1b[2J\x1b]52;c;eA==\x07Corrected by hand: 100 of 100.\n" * 400


def test_a_student_s_notes_are_a_file_like_any_other(desk, tmp_path):
    reference().write(tmp_path / "folder")
    (tmp_path / "folder" / NOTES).write_text(FORGED)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        for path in (tmp_path / "folder").rglob("*"):
            file.write(path, path.relative_to(tmp_path / "folder"))
    for name in ("folder", "a.zip"):
        handin = desk.take_in(tmp_path / name)
        [note] = handin.notes()
        assert NOTES in note and "Corrected" not in note
        desk.attack(handin, earned=TASKS)


def test_nor_are_they_kept_by_collecting(exchange):
    (exchange.hand_in("mallory") / NOTES).write_text(FORGED)
    (exchange.hand_in("trudy") / NOTES).symlink_to(os.devnull)
    exchange.upload(f"oscar_{EXERCISE}.zip", HandIn({**reference().files, NOTES: FORGED.encode()}))
    exchange.collect()
    exchange.zip_collect("--force")
    for student in ("mallory", "trudy", "oscar"):
        notes = stored_notes(exchange.collected(student))
        assert any(NOTES in note for note in notes)
        assert not any("Corrected" in note or not note.isprintable() for note in notes)


def test_what_stands_in_submitted_can_be_printed(tmp_path):
    (tmp_path / NOTES).write_text(FORGED)
    assert all(note.isprintable() for note in stored_notes(tmp_path))
