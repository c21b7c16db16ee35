"""Answers from a notebook with an array of no entries, whose other sides no integer can hold.

Why it might work: its size is zero, as that of the bytes that came; NumPy then raises an error that
nobody expects, and the hand-in has no new grade: it keeps an old and better one.
It must get: an error as the output of the cell, and a grade.
"""

from attacks.classroom import attacker, runs_first

CODE = """
import sys
wire = sys.modules["wire"]
side = 2**53 - 1
head = b"{'descr': '<f8', 'fortran_order': False, 'shape': (0, %d, %d), }\\n" % (side, side)
wire.array_to_npy = lambda array: b"\\x93NUMPY\\x01\\x00" + len(head).to_bytes(2, "little") + head
import matplotlib.pyplot as plt
plt.plot([1, 2])
"""


@attacker
def forge(folder):
    runs_first(folder, CODE)


def test_an_impossible_shape_costs_the_outputs_only(classroom):
    assert "an array has an impossible shape" in classroom.outcome(__name__).said()
