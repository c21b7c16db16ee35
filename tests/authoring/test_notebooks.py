"""From text to notebook: same text, same bytes; graded cells exactly as the manifest says."""

from __future__ import annotations

import json

import nbformat
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from support.small_course import FREE_NOTEBOOK, GRADED_NOTEBOOK, graded_cell, make_course, write

from i2dl_course.authoring.notebooks import build_notebooks, to_notebook
from i2dl_course.errors import CourseError


@pytest.fixture
def course(tmp_path):
    return make_course(tmp_path)


def graded(course):
    return json.loads(build_notebooks(course)["1_graded.ipynb"])


def sources(notebook):
    return ["".join(cell["source"]) for cell in notebook["cells"]]


def test_the_notebook_is_valid_and_written_as_jupyter_writes_it(course):
    for data in build_notebooks(course).values():
        notebook = nbformat.reads(data.decode(), as_version=4)
        nbformat.validate(notebook)
        assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
        assert nbformat.writes(notebook).rstrip("\n") + "\n" == data.decode()


def test_no_version_of_any_tool_stands_in_the_notebook(course):
    for data in build_notebooks(course).values():
        assert json.loads(data)["metadata"] == {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
        assert b"jupytext" not in data and b"lines_to" not in data


def test_letters_beyond_ascii_stay_readable(course):
    assert "# Größe × 2".encode() in build_notebooks(course)["1_graded.ipynb"]


def test_magics_work_in_the_notebook(course):
    assert sources(graded(course))[1].startswith("%matplotlib inline\n")


def test_hidden_tests_stand_between_nbgrader_s_markers(course):
    assert sources(graded(course))[2] == (
        'score = check("double")\n'
        "### BEGIN HIDDEN TESTS\n"
        "score = min(score, check('double', seed=9_182_736))\n"
        "### END HIDDEN TESTS\n"
        "float(score)"
    )


def test_ids_are_the_same_every_time_and_the_grade_id_where_there_is_one(course):
    ids = [cell["id"] for cell in graded(course)["cells"]]
    assert ids == [cell["id"] for cell in graded(course)["cells"]]
    assert ids[2] == "double" and ids[-1] == "halve"


def test_two_equal_cells_get_two_ids(course):
    ids = [cell["id"] for cell in graded(course)["cells"]]
    assert len(set(ids)) == len(ids)


def test_a_new_cell_changes_no_other_id():
    before = json.loads(to_notebook(FREE_NOTEBOOK, "n.py", {}, ()))
    after = json.loads(to_notebook("# %%\nprint(0)\n\n" + FREE_NOTEBOOK, "n.py", {}, ()))
    assert [cell["id"] for cell in after["cells"]][1:] == [cell["id"] for cell in before["cells"]]


CELL_TEXT = st.text(
    st.characters(categories=["L", "N"], include_characters=" =()+,.×·"), max_size=30
)


@given(
    st.lists(
        st.tuples(st.sampled_from(["# %% [markdown]", "# %%"]), st.lists(CELL_TEXT, max_size=3)),
        max_size=6,
    )
)
def test_any_text_gives_a_valid_notebook_with_unique_ids(cells):
    text = "\n\n".join("\n".join([head, *("# " + line for line in lines)]) for head, lines in cells)
    try:
        data = to_notebook(text, "n.py", {}, ())
    except CourseError as error:  # what happens to look like a marker is refused: other tests
        assume("looks like a marker" not in str(error))
        raise
    assert data == to_notebook(text, "n.py", {}, ())
    ids = [cell["id"] for cell in json.loads(data)["cells"]]
    assert len(set(ids)) == len(ids)
    nbformat.validate(nbformat.reads(data.decode(), as_version=4))


SLIPS = {
    "points": ('"points": 40', '"points": 41', '"double" has 41 points, but course.toml says 40'),
    "unknown task": ('"grade_id": "double"', '"grade_id": "dubble"', '"dubble" is graded, but'),
    "schema": ('"schema_version": 3', '"schema_version": 2', '"schema_version" of .* must be 3'),
    "not locked": ('"locked": true', '"locked": false', '"locked" of "double" must be true'),
    "a solution cell": ('"solution": false', '"solution": true', '"solution" of .* must be false'),
    "a task cell": ('"task": false', '"task": true', '"task" of "double" must be false'),
    "unknown key": ('"task": false', '"tusk": false', "nbgrader has no key tusk"),
    "unquoted metadata": ('nbgrader={"grade": true, ', "nbgrader=3 x={", "nbgrader"),
    "markdown": ("# %% nbgrader", "# %% [markdown] nbgrader", "must be"),
    "cell type": ('"cell_type": "code"', '"cell_type": "markdown"', '"cell_type" of .* "code"'),
    "another header key": ("# %% nbgrader", "# %% slow=1 nbgrader", "not slow"),
    "no float": ("float(score)", "score", "must end in the line `float"),
    "hidden marker missing": ("### HIDDEN TESTS double\n", "", "must hold the line `### HIDDEN"),
    "hidden marker twice": ("### HIDDEN TESTS double\n", "### HIDDEN TESTS double\n" * 2, "once"),
    "hidden marker misspelt": ("### HIDDEN TESTS double", "### HIDEN TESTS double", "looks like"),
    "hidden marker of another": ("### HIDDEN TESTS double", "### HIDDEN TESTS halve", "the line"),
    "hidden marker elsewhere": (
        "# Text.\n\n",
        "# Text.\n\n# %%\n### HIDDEN TESTS double\n\n",
        "only in a graded cell",
    ),
    "hidden tests written out": ("### HIDDEN TESTS double", "### BEGIN HIDDEN TESTS", "looks like"),
    "a solution": ("print(1)", "### BEGIN SOLUTION\nprint(1)", "has no place in this file"),
    "no Python": ("print(1)", "print(1", "is not valid Python"),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_in_a_graded_notebook_fails_the_build(course, slip):
    right, wrong, message = SLIPS[slip]
    assert right in GRADED_NOTEBOOK
    write(course.root, {"notebooks/1_graded.py": GRADED_NOTEBOOK.replace(right, wrong, 1)})
    with pytest.raises(CourseError, match=message) as caught:
        build_notebooks(course)
    assert str(caught.value).startswith("notebooks/1_graded.py:")


def test_a_task_without_a_graded_cell_fails_the_build(course):
    text = GRADED_NOTEBOOK.replace(graded_cell("halve", 60), "")
    write(course.root, {"notebooks/1_graded.py": text})
    with pytest.raises(CourseError, match="no graded cell for halve"):
        build_notebooks(course)


def test_a_task_graded_twice_fails_the_build(course):
    write(course.root, {"notebooks/1_graded.py": GRADED_NOTEBOOK + graded_cell("double", 40)})
    with pytest.raises(CourseError, match='"double" is used twice'):
        build_notebooks(course)


def test_a_notebook_without_points_may_hold_no_graded_cell(course):
    write(course.root, {"notebooks/2_free.py": FREE_NOTEBOOK + graded_cell("double", 40)})
    with pytest.raises(CourseError, match="2_free.py: cell 3: .*tasks of this notebook are: none"):
        build_notebooks(course)


def test_a_read_only_cell_may_stand_anywhere_without_points(course):
    cell = (
        '\n# %% nbgrader={"grade": false, "grade_id": "given", "locked": true, '
        '"schema_version": 3, "solution": false, "task": false}\nprint(3)\n'
    )
    write(course.root, {"notebooks/2_free.py": FREE_NOTEBOOK + cell})
    notebook = json.loads(build_notebooks(course)["2_free.ipynb"])
    assert notebook["cells"][-1]["id"] == "given"


def test_a_missing_notebook_fails_the_build(course):
    (course.root / "notebooks/2_free.py").unlink()
    with pytest.raises(CourseError, match="notebooks/2_free.py: is missing"):
        build_notebooks(course)


def test_a_notebook_that_the_manifest_does_not_name_fails_the_build(course):
    write(course.root, {"notebooks/3_new.py": FREE_NOTEBOOK})
    with pytest.raises(CourseError, match="notebooks/3_new.py: is not in"):
        build_notebooks(course)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no test"),
        ("# nothing\n", "holds no test"),
        ("score = = 1\n", "is not valid Python"),
        ("### END HIDDEN TESTS\nscore = 1\n", "looks like a marker"),
    ],
)
def test_a_broken_hidden_test_fails_the_build(course, text, message):
    write(course.root, {"instructor/hidden/double.py": text})
    with pytest.raises(CourseError, match=message):
        build_notebooks(course)


def test_a_missing_hidden_test_fails_the_build(course):
    (course.root / "instructor/hidden/halve.py").unlink()
    with pytest.raises(CourseError, match="instructor/hidden/halve.py: is missing"):
        build_notebooks(course)
