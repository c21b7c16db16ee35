"""Rebuilding notebooks: what a student may change is the student's own text, and nothing else."""

import copy
import json
import re
import tracemalloc
from html.parser import HTMLParser

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbconvert.filters import markdown2html

from i2dl_course import manifest
from i2dl_course.errors import CourseError
from i2dl_course.handins import sanitise
from i2dl_course.handins.sanitise import fence, rebuild, unfence

COURSE = manifest.load()
NAME = COURSE.handin.graded_notebook
SOURCE = json.loads((COURSE.source_dir / NAME).read_text(encoding="utf-8"))
RELEASED = json.loads((COURSE.release_dir / NAME).read_text(encoding="utf-8"))
TASKS = list(COURSE.tasks_by_name)
OUR_IDS = [cell["id"] for cell in SOURCE["cells"]]

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
HOSTILE = [
    "<script>alert(1)</script>",
    "![x](http://example.org/a.png)",
    "```\n<b>out</b>\n```",
    "~~~",
    "`" * 9,
    "    <img src=x onerror=alert(1)>",
    "$$x$$\r<b>\x0c```\x85~~~\u2028<i>",
    "\t```\n<u>",
    "<!--",
    "\ud800",
    "[a]: javascript:alert(1)\n[a]",
    "",
    "\n",
    "- ```\n<s>",
]
TEXT = (
    st.sampled_from(HOSTILE)
    | st.lists(st.sampled_from(HOSTILE), max_size=4).map("\n".join)
    | st.text(st.characters(), max_size=60)
)
METADATA = st.fixed_dictionaries(
    {},
    optional={
        "nbgrader": st.fixed_dictionaries(
            {},
            optional={
                "grade_id": st.sampled_from(TASKS) | JSON,
                "grade": st.booleans(),
                "points": JSON,
            },
        )
        | JSON,
        "tags": st.just(["skip-execution"]) | JSON,
        "evil": JSON,
    },
)
CELL = st.fixed_dictionaries(
    {},
    optional={
        "cell_type": st.sampled_from(["code", "markdown", "raw", "heading"]) | JSON,
        "source": TEXT | st.lists(TEXT, max_size=3) | JSON,
        "metadata": METADATA | JSON,
        "id": st.sampled_from([*OUR_IDS[:6], *TASKS, "student-1"]) | JSON,
        "outputs": JSON,
        "attachments": JSON,
        "execution_count": JSON,
    },
)
CHANGED = st.sampled_from(RELEASED["cells"]).flatmap(
    lambda cell: st.fixed_dictionaries(
        {}, optional={"source": TEXT, "metadata": METADATA, "id": st.sampled_from(OUR_IDS)}
    ).map(lambda change: {**cell, **change})
)
NOTEBOOK = st.fixed_dictionaries(
    {
        "nbformat": st.just(4) | JSON,
        "cells": st.lists(CELL | CHANGED | st.sampled_from(RELEASED["cells"]) | JSON, max_size=20),
        "metadata": JSON,
    }
)


def as_bytes(notebook):
    return json.dumps(notebook).encode()


def changed(change):
    """The released notebook after ``change(cells)``, rebuilt."""
    notebook = copy.deepcopy(RELEASED)
    change(notebook["cells"])
    return rebuild(SOURCE, as_bytes(notebook))


def place(cells, name):
    return [cell["id"] for cell in cells].index(name)


def ids(rebuilt):
    return [cell["id"] for cell in rebuilt.notebook["cells"]]


def without_hidden(cell):
    text = "".join(cell["source"])
    return re.sub("### BEGIN HIDDEN TESTS.*### END HIDDEN TESTS\n", "", text, flags=re.S)


def assert_sound(rebuilt):
    """What must be true of every notebook, whatever was handed in."""
    notebook = rebuilt.notebook
    nbformat.validate(nbformat.from_dict(notebook), relax_add_props=False)
    json.dumps(notebook, ensure_ascii=False).encode("utf-8")
    assert notebook["metadata"] == SOURCE["metadata"]
    assert len(set(ids(rebuilt))) == len(ids(rebuilt))
    ours = {cell["id"]: cell for cell in SOURCE["cells"]}
    graded = [cell for cell in notebook["cells"] if cell["metadata"]]
    assert [cell["metadata"]["nbgrader"]["grade_id"] for cell in graded] == TASKS
    for cell in graded:
        assert cell["metadata"] == ours[cell["id"]]["metadata"]
        assert cell["source"] == without_hidden(ours[cell["id"]])
    for cell in notebook["cells"]:
        assert set(cell) <= {"cell_type", "id", "metadata", "source", "outputs", "execution_count"}
        assert not cell.get("outputs") and cell.get("execution_count") is None
        if cell["id"] not in ours and cell["cell_type"] == "markdown" and cell["source"]:
            assert cell["source"] == fence(unfence(cell["source"]))
    assert "HIDDEN" not in json.dumps(notebook)
    assert all(isinstance(note, str) and note.endswith(".") for note in rebuilt.notes)


@given(JSON | NOTEBOOK)
@settings(max_examples=200)
def test_whatever_is_handed_in_the_graded_cells_are_ours(anything):
    rebuilt = rebuild(SOURCE, as_bytes(anything))
    assert_sound(rebuilt)
    assert rebuilt == rebuild(SOURCE, as_bytes(anything))


@given(st.binary(max_size=200))
def test_bytes_that_are_no_notebook_give_ours_and_a_note(data):
    rebuilt = rebuild(SOURCE, data)
    assert_sound(rebuilt)
    assert rebuilt.notes and ids(rebuilt) == OUR_IDS


@pytest.mark.parametrize(
    "data",
    [
        None,
        b"",
        b"[]",
        b"null",
        b"{}",
        b"[" * 200_000,
        b'{"cells":' * 100_000,
        b"9" * 10_000,
        b'{"nbformat": 3, "worksheets": []}',
        b'{"nbformat": 4, "cells": {}}',
        b"\xff\xfe\x00",
        b'{"nbformat": NaN, "cells": []}',
        b" " * (sanitise.MAX_BYTES + 1),
        b'{"nbformat": 4, "cells": [' + b"{}," * (sanitise.MAX_PARTS // 2) + b"{}]}",
    ],
    ids=lambda data: repr(data)[:30],
)
def test_an_unreadable_notebook_gives_ours_and_one_sentence(data):
    rebuilt = rebuild(SOURCE, data)
    assert_sound(rebuilt)
    assert ids(rebuilt) == OUR_IDS
    [note] = rebuilt.notes
    assert note.endswith("your .py files count all the same.")


@pytest.mark.parametrize("name", COURSE.exercise.notebooks)
def test_an_untouched_notebook_is_ours_without_a_note(name):
    source = json.loads((COURSE.source_dir / f"{name}.ipynb").read_text(encoding="utf-8"))
    released = (COURSE.release_dir / f"{name}.ipynb").read_bytes()
    rebuilt = rebuild(source, released)
    assert rebuilt.notes == ()
    assert rebuilt.notebook == rebuild(source, None).notebook
    assert ids(rebuilt) == [cell["id"] for cell in source["cells"]]


def test_ids_and_metadata_that_a_tool_has_dropped_cost_nothing():
    notebook = copy.deepcopy(RELEASED)
    for cell in notebook["cells"]:
        del cell["id"]
        cell["metadata"] = {}
    rebuilt = rebuild(SOURCE, as_bytes(notebook))
    assert (ids(rebuilt), rebuilt.notes) == (OUR_IDS, ())


def test_outputs_tags_and_attachments_do_not_survive():
    def change(cells):
        for cell in cells:
            cell["metadata"]["tags"] = ["skip-execution"]
            cell["attachments"] = {"a.png": {"image/png": "AAAA"}}
            if cell["cell_type"] == "code":
                cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "100"}]

    assert changed(change).notebook == rebuild(SOURCE, None).notebook


def test_the_students_cells_stand_where_the_student_put_them():
    def change(cells):
        at = place(cells, "sigmoid_forward")
        cells.insert(at, {"cell_type": "code", "source": ["x = 1\n", "x"], "metadata": {"a": 1}})
        cells.insert(0, {"cell_type": "raw", "source": "my <b>notes</b>", "metadata": {}})

    rebuilt = changed(change)
    assert rebuilt.notes == ()
    at = ids(rebuilt).index("sigmoid_forward")
    assert rebuilt.notebook["cells"][at - 1] == {
        "cell_type": "code",
        "id": "student-2",
        "metadata": {},
        "source": "x = 1\nx",
        "execution_count": None,
        "outputs": [],
    }
    assert rebuilt.notebook["cells"][0] == {
        "cell_type": "markdown",
        "id": "student-1",
        "metadata": {},
        "source": "```\nmy <b>notes</b>\n```",
    }


def test_a_changed_cell_of_ours_is_the_students_and_in_a_fence():
    def change(cells):
        cells[0]["source"] = "# <img src=x onerror=alert(1)>"

    cell = changed(change).notebook["cells"][0]
    assert (cell["id"], cell["source"]) == ("student-1", "```\n# <img src=x onerror=alert(1)>\n```")


def test_a_changed_graded_cell_is_ours_and_says_so():
    def change(cells):
        cells[place(cells, "affine_forward")]["source"] = "float(100)"

    rebuilt = changed(change)
    assert_sound(rebuilt)
    assert rebuilt.notes == ("The graded cell affine_forward had been changed; ours was used.",)


def test_a_graded_cell_under_a_false_flag_is_ours():
    def change(cells):
        cell = cells[place(cells, "affine_forward")]
        cell["metadata"]["nbgrader"] |= {"grade": False, "locked": False, "solution": True}
        cell["cell_type"] = "markdown"

    assert_sound(changed(change))


def test_missing_graded_cells_come_back_behind_the_cell_before_them():
    def change(cells):
        cells[:] = [cell for cell in cells if cell["id"] not in TASKS]

    rebuilt = changed(change)
    assert ids(rebuilt) == OUR_IDS
    assert len(rebuilt.notes) == len(TASKS)
    assert all("was missing" in note for note in rebuilt.notes)


def test_an_empty_notebook_gets_the_graded_cells_only():
    rebuilt = changed(lambda cells: cells.clear())
    assert ids(rebuilt) == TASKS


def test_a_copy_of_a_graded_cell_is_left_out():
    def change(cells):
        cells.append(copy.deepcopy(cells[place(cells, "network_forward")]))

    rebuilt = changed(change)
    assert ids(rebuilt) == OUR_IDS
    assert rebuilt.notes == ("A second copy of the graded cell network_forward was left out.",)


def test_graded_cells_in_another_order_stand_in_ours():
    rebuilt = changed(lambda cells: cells.reverse())
    assert_sound(rebuilt)
    assert rebuilt.notes == ("The graded cells were put back into their order.",)
    others = [name for name in ids(rebuilt) if name not in TASKS]
    assert others == [name for name in reversed(OUR_IDS) if name not in TASKS]


def test_the_worst_notebook_takes_less_than_300_megabytes():
    """Characters of four bytes, and as many objects with names of their own as there may be."""
    half = sanitise.MAX_PARTS // 2 - 10
    objects = ",".join(
        f'{{"\N{PARTY POPPER}{n}":"\N{PARTY POPPER}{"a" * 50}"}}' for n in range(half)
    )
    worst = f'{{"nbformat":4,"cells":[],"x":[{objects}]}}'.encode()
    tracemalloc.start()
    try:
        rebuilt = rebuild(SOURCE, worst)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert "more than" not in str(rebuilt.notes), "it was read"
    assert peak < 300 << 20


def test_all_cells_together_have_a_limit():
    fits = {"cell_type": "code", "source": "x" * sanitise.MAX_SOURCE}
    rebuilt = changed(lambda cells: cells.__setitem__(slice(0, 0), [fits, fits]))
    assert_sound(rebuilt)
    assert rebuilt.notes[0].startswith("Cell 3 was left out, because with it the cells have")


def test_too_much_of_anything_is_left_out_with_a_note():
    def change(cells):
        cells.insert(0, {"cell_type": "code", "source": "x" * (sanitise.MAX_SOURCE + 1)})
        cells.insert(1, {"cell_type": "markdown", "source": 5})
        cells += [{"cell_type": "code", "source": f"{n}"} for n in range(sanitise.MAX_CELLS)]

    rebuilt = changed(change)
    assert_sound(rebuilt)
    assert len(ids(rebuilt)) < sanitise.MAX_CELLS
    assert rebuilt.notes == (
        "Cell 1 was left out, because it has more than 1,048,576 characters.",
        "Cell 2 was left out, because it cannot be read.",
        f"Only the first 500 cells were taken; {len(SOURCE['cells']) + 2} were left out.",
    )


def test_a_source_whose_hidden_tests_never_end_is_refused():
    broken = copy.deepcopy(SOURCE)
    at = place(broken["cells"], "affine_forward")
    text = "".join(broken["cells"][at]["source"])
    broken["cells"][at]["source"] = text.replace("### END HIDDEN TESTS", "### END")
    with pytest.raises(CourseError, match="hidden tests"):
        rebuild(broken, None)


def test_the_source_is_left_as_it_was():
    before = copy.deepcopy(SOURCE)
    changed(lambda cells: cells.reverse()).notebook["cells"][0]["metadata"]["x"] = 1
    assert SOURCE == before


# --- the fence ----------------------------------------------------------------------------------


class Reader(HTMLParser):
    """Collects tags and text."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, tuple(attributes)))

    def handle_data(self, data):
        self.text += data


@given(TEXT)
@settings(max_examples=300)
def test_no_text_gets_out_of_its_fence(text):
    shown = Reader(markdown2html(fence(text)))
    assert shown.tags == [("pre", ()), ("code", ())]
    letters = re.sub(r"\W+", "", text.encode("utf-8", "replace").decode())
    assert re.sub(r"\W+", "", shown.text) == letters


def test_what_any_reader_takes_for_a_line_end_is_one():
    assert fence("a\r\nb\rc\x0bd\x0ce\x85f\u2028g") == "```\na\nb\nc\nd\ne\nf\ng\n```"
    assert fence("\x00 \x1b[31m") == "```\n\ufffd \ufffd[31m\n```"


@given(TEXT)
def test_what_is_fenced_can_be_taken_out_again(text):
    inside = unfence(fence(text))
    assert fence(inside) == fence(text)
    assert unfence("no fence\n" + text) == "no fence\n" + text


def test_a_million_backticks_are_fenced_too():
    assert Reader(markdown2html(fence("`" * 10**6))).text.strip() == "`" * 10**6
