"""No solution, hidden case or instructor's path ships, in whatever kind of file."""

from __future__ import annotations

import json

import pytest
from support.small_course import make_course, write

from i2dl_course.authoring import leaks
from i2dl_course.errors import CourseError
from i2dl_course.manifest import load

HOME = "/" + "home/ada/course"


@pytest.fixture
def course(tmp_path):
    return make_course(tmp_path)


def notebook(source="", kind="code", outputs=(), metadata=None):
    cell = {
        "cell_type": kind,
        "id": "a",
        "metadata": metadata or {},
        "source": source.splitlines(keepends=True),
        "outputs": list(outputs),
    }
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def refused(course, path, text, **options):
    with pytest.raises(CourseError) as caught:
        leaks.check(course, {path: text.encode()}, **options)
    return str(caught.value)


SOLUTION = "result = math.fsum([x, x])"
SEEN = {
    "as it is": ("a.py", SOLUTION, "holds `result=math.fsum([x,x])`"),
    "in a comment": ("a.py", f"# {SOLUTION}", "holds"),
    "in a docstring": ("a.py", f'"""\n{SOLUTION}\n"""', "a.py:2: holds"),
    "other spaces": ("a.py", "result=math.fsum( [x,x] )", "holds"),
    "over two lines": ("a.py", "result = math.fsum(\n    [x, x]\n)", "holds"),
    "with brackets": ("a.py", "y = (math.fsum(([(x), x])))", "a.py:1: holds the expression"),
    "other name on the left": ("a.py", "y = math.fsum([x, x])", "holds `math.fsum([x,x])`"),
    "inside another expression": ("a.py", "y = [2 + pow(2.0, -1)]", "holds `pow(2.0,-1)`"),
    "second task": ("a.py", "return x * inverse_of_two", "holds"),
    "in a code cell": ("n.ipynb", notebook(SOLUTION), "n.ipynb, cell a line 1: holds"),
    "in a cell with a magic": (
        "n.ipynb",
        notebook("%time x = 1\ny = (math.fsum([(x), x]))"),
        "holds the expression",
    ),
    "in prose": ("n.ipynb", notebook(f"Hint: `{SOLUTION}`", "markdown"), "holds"),
    "in an output": ("n.ipynb", notebook("f?", outputs=[{"text": ["a\n", SOLUTION]}]), "outputs"),
    "in metadata": ("n.ipynb", notebook(metadata={"hint": SOLUTION}), "metadata hint"),
    "in a table": ("houses.csv", f"area,price\n1,{SOLUTION}\n", "houses.csv:2: holds"),
    "in a text": ("README.md", f"Do this: {SOLUTION}.", "README.md:1: holds"),
    "in a broken notebook": ("n.ipynb", SOLUTION, "holds"),
    "in a broken module": ("a.py", f"def f(:\n    {SOLUTION}", "holds"),
    "marker": ("a.py", "### BEGIN SOLUTION", "a.py:1: names the marker `BEGIN SOLUTION`"),
    "marker with more space": ("a.md", "END  SOLUTION", "names the marker `END SOLUTION`"),
    "hidden marker": ("n.ipynb", notebook("### BEGIN HIDDEN TESTS"), "names the marker `HIDDEN"),
    "stub marker": ("a.py", "### STUB raise", "names the marker `### STUB`"),
    "hidden line": ("a.py", "score=min(score, check('double', seed=9182736))", "double.py"),
    "hidden seed in code": ("a.py", "rng = default_rng(9182736)", "holds the number 9182736"),
    "hidden seed with strokes": ("a.py", "rng = default_rng(91_82_736)", "the number 9182736"),
    "hidden seed in a table": ("houses.csv", "area\n9182736\n", "holds the number 9182736"),
    "hidden seed in a notebook": ("n.ipynb", notebook("x = 5647382"), "the number 5647382"),
    "hidden seed in an output": ("n.ipynb", notebook(outputs=[{"text": "5647382"}]), "5647382"),
    "instructor's path": ("README.md", "see instructor/solution", "names an instructor's path"),
    "instructor's file": ("release/instructor/a.py", "x = 1", "is an instructor's file"),
    "home": ("a.md", f"from {HOME}/x", "a.md:1: names a path of the machine"),
    "home on Windows": ("a.md", "from C:\\Users\\ada", "names a path of the machine"),
    "home in an output": ("n.ipynb", notebook(outputs=[{"text": f"File {HOME}"}]), "the machine"),
}


@pytest.mark.parametrize("leak", SEEN)
def test_a_leak_is_refused_and_its_place_named(course, leak):
    path, text, message = SEEN[leak]
    said = refused(course, path, text)
    assert message in said
    assert path in said


def test_the_course_s_own_place_on_the_disk_is_refused(course):
    assert "a path of the machine" in refused(course, "a.csv", f"x\n{course.root}/a\n")


HARMLESS = {
    "parts of longer words": ("a.py", "myresult = math.fsum([x, x, y])"),
    "a line that only names things": ("a.py", "return result"),
    "longer numbers": ("a.csv", "a\n91827360\n0.9182736\n9182736.5\n"),
    "web address": ("a.md", "https://example.org/home/ada/index.html"),
    "prose": ("a.md", "The instructor shows a solution; the hidden tests run later."),
    "bytes that are no text": ("a.bin", "\0\1\2"),
}


@pytest.mark.parametrize("harmless", HARMLESS)
def test_what_leaks_nothing_ships(course, harmless):
    path, text = HARMLESS[harmless]
    leaks.check(course, {path: text.encode()})


def test_source_may_hold_hidden_tests_but_no_solution(course):
    hidden = notebook("### BEGIN HIDDEN TESTS\nx = 9182736\n### END HIDDEN TESTS")
    leaks.check(course, {"n.ipynb": hidden.encode()}, with_hidden=True)
    assert "holds" in refused(course, "n.ipynb", notebook(SOLUTION), with_hidden=True)
    assert "instructor's path" in refused(course, "a.md", "instructor/a", with_hidden=True)


def test_all_leaks_are_told_at_once(course):
    said = refused(course, "a.md", f"{SOLUTION}\n\ninstructor/hidden\n")
    assert "holds" in said and "names an instructor's path" in said


def allow(course, text):
    write(course.root, {leaks.ALLOWED_FILE: text})
    return load(course.root)


def test_an_allowed_line_ships_and_the_others_do_not(course):
    allow(course, f'[[line]]\ntext = "{SOLUTION}"\nwhy = "the sheet gives it"\n')
    leaks.check(course, {"a.py": SOLUTION.encode()})
    assert "holds" in refused(course, "a.py", "return x * inverse_of_two")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[[line]]\ntext = "a(b)"\n', "number 1 why is missing"),
        ('[[line]]\ntext = "a(b)"\nwhy = " "\n', "number 1 why must not be empty"),
        ('[[line]]\ntext = "somewhere(else_)"\nwhy = "b"\n', "is no line of a solution region"),
        ("line = 3\n", r"must hold tables \[\[line\]\], at least one"),
        ("line = [3]\n", "number 1 must be a table"),
        (
            '[[lines]]\ntext = "a"\nwhy = "b"\n',
            r"must hold tables \[\[line\]\], at least one and nothing",
        ),
        ('line = [{text = "a", why = "b"}]\nlines = []\n', "at least one and nothing else"),
        ("[[line]", "is not valid TOML"),
    ],
)
def test_an_allowance_without_reason_or_use_is_refused(course, text, message):
    allow(course, text)
    with pytest.raises(CourseError, match=message):
        leaks.check(course, {})


def test_every_line_of_the_real_solution_that_computes_is_looked_for(root):
    lines = leaks.solution_secrets(load(root)).lines
    for line in (
        "out = samples @ w + b",
        "dx = dout * cache * (1.0 - cache)",
        "db = dout.sum(axis=0)",
    ):
        assert leaks.squeeze(line) in lines
