"""Leaves the questions that it was asked, and files that start by themselves, for the next student.

Why it might work: all workers have the same home and the same /tmp, one after the other.
It must get: nothing, and neither does the next: what one writes is gone with it.
"""

from attacks.arena import forger

PLACES = """
places = [os.getcwd(), os.path.expanduser("~"), os.environ.get("TMPDIR", "/tmp"), "/tmp",
          "/var/tmp", "/dev/shm", os.path.dirname(os.path.abspath(__file__)), "HOST"]
names = ["note.txt", "sitecustomize.py", "numpy.py", ".ipython/profile_default/startup/00.py"]
"""


def test_what_one_student_writes_no_other_finds(arena):
    leaves = arena.attack(
        forger(
            PLACES
            + """
wrote = 0
for place in places:
    for name in names:
        try:
            path = os.path.join(place, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            open(path, "w").write("print('note')")
            wrote += 1
        except OSError:
            pass
report = f"left a note: {wrote > 0}"
"""
        )
    )
    finds = arena.attack(
        forger(
            PLACES
            + """
found = [name for place in places for name in names[:3]
         if os.path.exists(os.path.join(place, name))]
report = f"found {found}"
"""
        )
    )
    assert "left a note: True" in leaves["affine_forward"].says
    assert "found []" in finds["affine_forward"].says
