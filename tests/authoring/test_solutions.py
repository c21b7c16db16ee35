"""The cutter: no solution reaches a stub, whatever an author mistypes."""

from __future__ import annotations

import ast
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.small_course import REFERENCE, STUB

from i2dl_course.authoring.solutions import BEGIN, END, check_markers, cut
from i2dl_course.errors import CourseError

STUB_LINE = '### STUB raise NotImplementedError("f: do it, in work.py.")'


def function(*lines: str) -> str:
    return "def f(x):\n" + textwrap.indent("\n".join(lines), "    ") + "\n    return x\n"


def test_a_region_becomes_its_stub_and_all_else_stays():
    assert cut(REFERENCE, "work.py") == STUB


BROKEN = {
    "begin misspelt": (["### BEGN SOLUTION", STUB_LINE, "y = 1", END], ":2: .*looks like a marker"),
    "end misspelt": ([BEGIN, STUB_LINE, "y = 1", "### END SOLUTOIN"], ":5: .*looks like a marker"),
    "stub misspelt": ([BEGIN, STUB_LINE.replace("STUB", "STUBB"), "y = 1", END], ":3: .*looks"),
    "wrong case": (["### Begin Solution", STUB_LINE, "y = 1", END], ":2: .*looks like a marker"),
    "one hash": (["# BEGIN SOLUTION", STUB_LINE, "y = 1", END], ":2: .*looks like a marker"),
    "four hashes": (["#" + BEGIN, STUB_LINE, "y = 1", END], ":2: .*looks like a marker"),
    "no space": (["###BEGIN SOLUTION", STUB_LINE, "y = 1", END], ":2: .*looks like a marker"),
    "two spaces": (["### BEGIN  SOLUTION", STUB_LINE, "y = 1", END], ":2: .*looks like a marker"),
    "run together": (["### BEGINSOLUTION", STUB_LINE, "y = 1", END], ":2: .*looks like a marker"),
    "plural": (["### BEGIN SOLUTIONS", STUB_LINE, "y = 1", END], ":2: .*looks like a marker"),
    "with a colon": (["### BEGIN SOLUTION:", STUB_LINE, "y = 1", END], ":2: .*looks like a marker"),
    "stub with one hash": ([BEGIN, STUB_LINE[2:], "y = 1", END], ":3: .*looks like a marker"),
    "hidden in a module": (["### HIDDEN TESTS f"], ":2: .*has no place in this file"),
    "behind code": (["y = 1  " + BEGIN, STUB_LINE, "y = 1", END], ":2: .*a line of its own"),
    "nested": (
        [BEGIN, STUB_LINE, "y = 1", BEGIN, STUB_LINE, "y = 2", END, END],
        ":5: .*inside the region begun in line 2",
    ),
    "end without begin": (["y = 1", END], ":3: .*without `### BEGIN SOLUTION` before it"),
    "stray end": ([BEGIN, STUB_LINE, "y = 1", END, END], ":6: .*without"),
    "never ended": ([BEGIN, STUB_LINE, "y = 1"], ":2: .*is never ended"),
    "no stub": ([BEGIN, "y = 1", END], ":2: .*must be followed by"),
    "stub after code": ([BEGIN, "y = 1", STUB_LINE, END], ":4: .*directly after"),
    "stub outside": ([STUB_LINE, "y = 1"], ":2: .*without"),
    "two stubs": ([BEGIN, STUB_LINE, STUB_LINE, "y = 1", END], ":3: .*must be exactly"),
    "stub returns": ([BEGIN, "### STUB return x", "y = 1", END], ":3: .*"),
    "stub without sentence": ([BEGIN, "### STUB raise NotImplementedError()", "y = 1", END], ":3:"),
    "stub with computed text": (
        [BEGIN, '### STUB raise NotImplementedError("a" + b)', "y", END],
        ":3: .*must be exactly",
    ),
    "stub that does not parse": (
        [BEGIN, '### STUB raise NotImplementedError("a"', "y = 1", END],
        ":3: the stub does not parse",
    ),
    "empty region": ([BEGIN, STUB_LINE, "", END], ":2: the region is empty"),
    "end indented otherwise": (
        [BEGIN, STUB_LINE, "if x:", "    y = 1", "    " + END],
        ":6: .*must be indented like",
    ),
    "odd indentation": (
        ["if x:", "  " + BEGIN, "  " + STUB_LINE, "  y = 1", "  " + END],
        ":3: .*multiple of 4",
    ),
    "no region": (["y = 1"], "holds no `### BEGIN SOLUTION`"),
    "named outside": ([BEGIN, STUB_LINE, "y = 1", END, "z = 'SOLUTION'"], "still names SOLUTION"),
    "half a statement": (
        [BEGIN, STUB_LINE, "try:", "    y = 1", END, "finally:", "    pass"],
        "does not parse after the cut",
    ),
    "no Python": (["y = = 1"], ":2: is not valid Python"),
}


@pytest.mark.parametrize("slip", BROKEN)
def test_a_broken_reference_fails_the_build_with_path_and_line(slip):
    lines, message = BROKEN[slip]
    with pytest.raises(
        CourseError, match=r"^dir/work\.py" + (message if message[0] == ":" else ".*" + message)
    ):
        cut(function(*lines), "dir/work.py")


def test_a_region_at_module_level_is_refused():
    with pytest.raises(CourseError, match="inside a function"):
        cut(f"{BEGIN}\n{STUB_LINE}\ny = 1\n{END}\n", "work.py")


def test_prose_about_solutions_is_no_marker():
    text = function('"""A hidden solution ends here."""', "# the end of a solution", "# Begin")
    assert check_markers(text, "work.py", allowed=()) == []


def test_a_marker_inside_a_string_is_text_but_may_not_ship():
    text = function(BEGIN, STUB_LINE, "y = 1", END, f'z = """{END}"""')
    with pytest.raises(CourseError, match="still names SOLUTION"):
        cut(text, "work.py")


# --- any reference ----------------------------------------------------------------------------

KEPT = st.sampled_from(["x = x + 1", "# a remark", "", "if x:\n    x = 2", 's = """a\n  b"""'])
SECRET = st.sampled_from(
    [
        "secret = 1",
        "if x:\n    secret = [\n        2,\n    ]",
        "# secret",
        "for secret in x:\n    pass",
        't = """\nsecret\n"""',
        "",
        "def secret():\n    return 3",
    ]
)
SENTENCE = st.text(
    st.characters(categories=["L", "N"], include_characters=" ,.·'"), min_size=1
).filter(lambda text: text.strip() and "SOLUTION" not in text and "secret" not in text)


@st.composite
def references(draw):
    """A reference, and the stub that it must become."""
    reference, stub = ["import math"], ["import math"]
    for number in range(draw(st.integers(1, 3))):
        depth = draw(st.integers(1, 3))
        for level in range(depth - 1):
            head = "    " * level + f"class C{number}_{level}:"
            reference.append(head)
            stub.append(head)
        head = "    " * (depth - 1) + f"def f{number}(x):"
        indent = "    " * depth
        before = draw(st.lists(KEPT, max_size=2))
        after = draw(st.lists(KEPT, max_size=2))
        body = ["secret = 0", *draw(st.lists(SECRET, max_size=4))]
        said = [f"raise NotImplementedError({draw(SENTENCE)!r})"]
        if draw(st.booleans()):
            said = ["raise NotImplementedError(", f"    {draw(SENTENCE)!r}", ")"]
        marked = [BEGIN, *(f"### STUB {line}" for line in said), *body, END]
        reference += [head, *_indented([*before, *marked, *after], indent)]
        stub += [head, *_indented([*before, *said, *after], indent)]
    return "\n".join(reference) + "\n", "\n".join(stub) + "\n"


def _indented(blocks, indent):
    return [textwrap.indent(line, indent) for block in blocks for line in block.split("\n")]


@given(references())
def test_any_reference_becomes_its_stub_without_a_trace_of_the_solution(pair):
    reference, stub = pair
    result = cut(reference, "work.py")
    assert result == stub
    assert "secret" not in result
    ast.parse(result)


@given(references(), st.data())
def test_one_slip_of_the_finger_in_a_marker_never_leaks_the_solution(pair, data):
    lines = pair[0].split("\n")
    markers = [number for number, line in enumerate(lines) if line.strip().startswith("###")]
    number = data.draw(st.sampled_from(markers))
    line = lines[number]
    at = data.draw(st.integers(0, len(line) - 1))
    typed = data.draw(st.sampled_from(["", " ", "#", "x", line[at].swapcase(), line[at] * 2]))
    lines[number] = line[:at] + typed + line[at + 1 :]
    try:
        result = cut("\n".join(lines), "work.py")
    except CourseError:
        return
    assert "secret" not in result
