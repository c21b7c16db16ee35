"""Hands in a file with the name of a module that only seems to be one, as cython_runtime.

Why it might work: Python was asked whether it is a library's, and raises at such a name.
It must get: a note that the file was left out, and what its own files earn.
"""

import sys
from types import ModuleType

from attacks.arena import TASKS, reference

NAMES = ["cython_runtime.py", "half.py", "__main__.py", "sys.py", "a.b.py", "numpy.core.py", ".py"]


def test_no_module_is_asked(desk, tmp_path, monkeypatch):
    for name in ("cython_runtime", "half"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))  # its __spec__ is None
    reference().write(tmp_path)
    for name in NAMES:
        (tmp_path / name).touch()
    handin = desk.take_in(tmp_path)
    assert set(handin.left_out) == set(NAMES)
    desk.attack(handin, earned=TASKS)
