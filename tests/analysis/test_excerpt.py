"""The code of a student's function, whatever the file holds."""

from __future__ import annotations

import pytest

from i2dl_course.analysis.excerpt import bare, excerpt

FILE = '''\
import numpy as np


def other(x):
    return 0


def wanted(
    x,
    w,
):
    """What it does.

    def wanted(x): no, this is text.
    """
    out = x @ w

    return out  # done


class Net:
    def forward(self, X):
        \'\'\'One line.\'\'\'
        return X

    def backward(self, dy):
        return dy
'''


def test_head_and_body_without_the_docstring():
    assert excerpt(FILE, "wanted") == (
        "def wanted(\n    x,\n    w,\n):\n    out = x @ w\n    return out  # done"
    )


def test_a_method_is_the_one_of_its_class():
    assert excerpt(FILE, "Net.forward") == "def forward(self, X):\n    return X"


@pytest.mark.parametrize(
    ("old", "new", "other"),
    [
        ("out = x @ w", "out = w @ x", True),
        ("    return out", "        return out", True),
        ("out = x @ w", "out  =  x@w  # as on the slides", False),
        ("What it does.", "What it should do.", False),
        ("return out  # done\n", "\n\n    return out\n", False),
        ("return 0", "return 1", False),  # of another function
    ],
)
def test_other_code_is_more_than_other_looks(old, new, other):
    assert FILE.count(old) == 1
    assert (bare(FILE, "wanted") != bare(FILE.replace(old, new), "wanted")) is other


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\0" * 1000,
        "def wante(x):\n    pass",
        "def wanted\x85\u2028\x0c(",
        "(" * 100_000,
        "def wanted(x):\n" + "    '''\n" * 50_000,
        "def wanted(x):\n" + "    x = " + "9" * 200_000,
        "\n" * 200_000,
    ],
)
def test_no_file_makes_it_long_or_wide(text):
    shown = excerpt(text, "wanted").splitlines()
    assert len(shown) <= 13 and all(len(line) <= 91 for line in shown)
    assert len(bare(text, "wanted")) <= 3
