"""Hands in files with the names of libraries: numpy/, pandas.py, json.py.

Why it might work: Python looks beside the program first; with stock nbgrader they are loaded.
It must get: what its own files earn, and the words that those were left out, and why.
"""

from attacks.arena import TASKS, reference

from i2dl_course.handins.unasked import HIDING

NAMES = (
    "numpy/__init__.py",
    "numpy.py",
    "pandas.py",
    "matplotlib/pyplot.py",
    "json.py",
    "os.py",
    "random.py",
    "wire.py/__init__.py",
)


def test_a_library_of_its_own_is_not_used(desk, tmp_path):
    reference().write(tmp_path)
    for name in NAMES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("raise SystemExit('mine')")
    handin = desk.take_in(tmp_path)
    assert {name for name, why in handin.left_out.items() if why == HIDING} == set(NAMES[:-1])
    assert any("take the place" in note and "numpy.py" in note for note in handin.notes())
    desk.attack(handin, earned=TASKS)
