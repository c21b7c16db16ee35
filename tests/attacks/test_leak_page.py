"""Writes a page into the folder that feedback is released from, with whatever it could read.

Why it might work: release_feedback publishes every *.html that it finds there.
It must get: nothing; what a notebook writes is gone with its process.
"""

from attacks.classroom import attacker, runs_first

CODE = """
import os
text = ""
for path in ("../../../secret.txt", "../../../gradebook.db", "/etc/passwd", "../../secret.txt"):
    try:
        text += open(path, "rb").read().decode("latin-1")
    except OSError:
        pass
for folder in (".", "../../../feedback/leak_page/exercise_05", "../.."):
    try:
        os.makedirs(folder, exist_ok=True)
        open(os.path.join(folder, "leak.html"), "w").write(text)
    except OSError:
        pass
print("leaked", len(text), text)
"""


@attacker
def leak(folder):
    runs_first(folder, CODE)
    (folder / "leak.html").write_text("<script>alert(1)</script>")
    (folder / "feedback").mkdir()
    (folder / "feedback" / "1_TwoLayerNetwork.html").write_text("<h1>100 of 100 points</h1>")


def test_no_page_of_its_own_is_published(classroom):
    outcome = classroom.outcome(__name__)
    assert "leaked 0" in outcome.said()
    assert not list(outcome.folder.rglob("*.html"))
