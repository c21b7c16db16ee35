"""Mistakes and right answers as data: what a broken file says, and how pieces are put in."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest
from support.handins import COURSE, LAYER, NET

from i2dl_course.errors import CourseError
from i2dl_course.samples import variants

MUTANT = """
[[mutant]]
name = "affine_backward__db_averaged"
cause = "divided_by_n"
elsewhere = { network_backward = "layer_wrong" }
replace = { "db = dout.sum(axis=0)" = "db = dout.mean(axis=0)" }
"""
RIGHT = """
[[right_answer]]
name = "db_by_einsum"
[right_answer.replace]
"db = dout.sum(axis=0)" = "db = np.einsum('nm->m', dout)"
"""


@pytest.fixture
def course(tmp_path):
    """A course with the reference, and folders for the data of a test."""
    solution = "instructor/solution"
    shutil.copytree(COURSE.root / solution, tmp_path / solution)
    for folder in (variants.MUTANTS, variants.RIGHT_ANSWERS):
        (tmp_path / folder).mkdir()
    return replace(COURSE, root=tmp_path)


def write(course, text, name="affine_backward.toml", folder=variants.MUTANTS):
    (course.root / folder / name).write_text(text, encoding="utf-8")


def test_a_mistake_is_the_reference_but_for_its_pieces(course):
    write(course, MUTANT)
    (mutant,) = variants.mutants(course)
    reference = variants.reference(course).files
    assert mutant.files[NET] == reference[NET]
    assert mutant.files[LAYER] == reference[LAYER].replace("dout.sum(axis=0)", "dout.mean(axis=0)")
    assert (mutant.task, mutant.cause, mutant.read) == (
        "affine_backward", "divided_by_n", "divided_by_n"
    )  # fmt: skip
    assert mutant.elsewhere == {"network_backward": "layer_wrong"}
    assert mutant.handin.files[LAYER] == mutant.files[LAYER].encode()


def test_lines_get_the_indentation_of_the_place_they_are_put_in():
    files = {"a.py": "def f(x):\n    with g():\n        y = x\n        z = y\n    return z\n"}
    changed = variants.replaced(files, {
        "y = x\nz = y": "\nfor y in x:\n    z = y\n", "return z": "pass\n\nreturn 0",
    })  # fmt: skip
    assert changed["a.py"] == (
        "def f(x):\n    with g():\n        for y in x:\n            z = y\n"
        "    pass\n\n    return 0\n"
    )


def test_pieces_may_hold_each_other_s_text():
    """They are all found in the reference before one of them is put in."""
    changed = variants.replaced({"a.py": "x = 1\ny = 2\n"}, {"x = 1": "y = 2", "y = 2": "x = 1"})
    assert changed["a.py"] == "y = 2\nx = 1\n"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("[[mutant]]", "[[mutants]]", r"\[\[mutant\]\]"),
        ("[[mutant]]", "[[mutant]", "TOML"),
        ("cause =", "reason =", "reason"),
        ('cause = "divided_by_n"\n', "", "cause is missing"),
        ('"divided_by_n"', "3", "cause must be a text"),
        ("affine_backward__db", "affine_forward__db", "affine_backward__"),
        ("db_averaged", "db-averaged", "underscores"),
        ("network_backward =", "network_back =", "network_back"),
        ("network_backward =", "affine_backward =", "other tasks"),
        ('"layer_wrong"', "3", "elsewhere"),
        ("db = dout.sum(axis=0)", "db = dout.sum(axis=2)", "exactly once"),
        ("db = dout.sum(axis=0)", "return", "exactly once"),
        ('"db = dout.mean(axis=0)"', "3", "replace"),
        ('{ "db = dout.sum(axis=0)" = "db = dout.mean(axis=0)" }', "{}", "replace"),
        ("dout.mean", "dout.sum", "changes nothing"),
        ('"db = dout.sum(axis=0)" =', '"db = dout" = "", "db = dout.sum(axis=0)" =', "overlap"),
    ],
)
def test_a_broken_entry_is_refused_in_words_that_name_its_file(course, old, new, says):
    assert MUTANT.count(old) == 1
    write(course, MUTANT.replace(old, new))
    with pytest.raises(CourseError, match=says) as raised:
        variants.mutants(course)
    assert "instructor/mutants/affine_backward.toml" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_file_named_after_no_task_is_refused(course):
    write(course, MUTANT, "affine_backwards.toml")
    with pytest.raises(CourseError, match="affine_backwards.toml is named after no task"):
        variants.mutants(course)


def test_a_name_may_be_used_only_once(course):
    write(course, MUTANT + MUTANT)
    with pytest.raises(CourseError, match="two entries with the name affine_backward__db_averaged"):
        variants.mutants(course)


def test_a_folder_without_data_is_no_passed_test(course):
    for load in (variants.mutants, variants.right_answers):
        with pytest.raises(CourseError, match="no .toml file"):
            load(course)


def test_a_right_answer_has_a_name_and_pieces_and_nothing_else(course):
    write(course, RIGHT, "affine.toml", variants.RIGHT_ANSWERS)
    (right,) = variants.right_answers(course)
    assert right.name == "db_by_einsum" and "np.einsum('nm->m', dout)" in right.files[LAYER]
    write(
        course,
        RIGHT.replace("[right_answer.replace]", 'cause = "none"\n[right_answer.replace]'),
        "affine.toml",
        variants.RIGHT_ANSWERS,
    )
    with pytest.raises(CourseError, match="right_answers/affine.toml.*cause"):
        variants.right_answers(course)
