"""Hands in files that are no Python: empty, binary, of another encoding, a megabyte of brackets.

Why it might work: compiling is done before anything is guarded, and can crash.
It must get: nothing, and what is wrong with the file.
"""

import pytest
from attacks.arena import LAYER, NET, HandIn

FILES = {
    "empty": b"",
    "null bytes": b"\0" * 1000,
    "UTF-16": "x = 1".encode("utf-16"),
    "an unknown encoding": b"# -*- coding: passed -*-\n",
    "rot13": b"# -*- coding: rot13 -*-\nvzcbeg bf\n",
    "brackets": b"(" * 500_000,
    "minus signs": b"x = " + b"-" * 500_000 + b"1",
    "one long line": b"x = [" + b"1," * 500_000 + b"]",
    "nested functions": b"".join(b" " * i + b"def f():\n" for i in range(90)) + b" " * 90 + b"pass",
    "a large number": b"x = " + b"9" * 900_000,
    "surrogates": b"x = '\xed\xa0\x80'",
}


@pytest.mark.parametrize("what", FILES)
def test_a_file_that_is_no_python_is_a_verdict(desk, what):
    verdicts = desk.attack(HandIn({LAYER: FILES[what], NET: FILES[what]}), seconds=5)
    assert all(verdict.cause for verdict in verdicts.values())
