"""The page of feedback: safe whatever a student writes, right in its numbers, whole by itself."""

import json
import re
from html import unescape
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.accessibility import axe_report
from support.jupyterlab import browser_page
from support.untrusted import HOSTILE, danger

from i2dl_course import manifest
from i2dl_course.handins.outputs import clean
from i2dl_course.handins.sanitise import rebuild
from i2dl_course.reporting import outcome
from i2dl_course.reporting import page as page_module
from i2dl_course.reporting.outcome import Outcome
from i2dl_course.reporting.page import MAX_FILE, MAX_HIGHLIGHTED, MAX_OWN, page
from i2dl_course.verdicts import TaskVerdict

COURSE = manifest.load()
SOURCES = {
    name: json.loads((COURSE.source_dir / f"{name}.ipynb").read_text(encoding="utf-8"))
    for name in COURSE.exercise.notebooks
}
SOURCE = SOURCES[COURSE.graded_notebook_name]
LAYER = COURSE.handin.files[0]
TEXT = st.lists(st.sampled_from(HOSTILE) | st.text(max_size=20), max_size=3).map("".join)


def verdict(task, points=None, says="All values are right.", hint=""):
    points = task.points if points is None else points
    return TaskVerdict(task.name, points, task.points, points == task.points, says, None, hint)


def outcome_of(*, late=False, manual=None, **failed):
    verdicts = [
        verdict(task, 0, *failed[task.name]) if task.name in failed else verdict(task)
        for task in COURSE.tasks
    ]
    penalties = {COURSE.total_points: COURSE.total_points} if late else {}
    standing = outcome.Standing(manual or {}, penalties=penalties)
    return outcome.of_verdicts(verdicts, COURSE.exercise.pass_mark, standing)


def page_of(result, notebook=None, **more):
    return page(
        notebook or rebuild(SOURCE, None).notebook, SOURCE, result, title="Exercise 5", **more
    )


def students_notebook(*cells):
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {},
        "cells": [{"cell_type": kind, "source": source, "metadata": {}} for kind, source in cells],
    }


class Reader(HTMLParser):
    """The words of a page, and the tags that are open and never closed."""

    VOID = {"meta", "img", "br", "hr", "wbr"}

    def __init__(self, html):
        super().__init__()
        self.words, self.open, self.ids = "", [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.ids += [value for name, value in attributes if name == "id"]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data):
        self.words += data


@given(TEXT, TEXT, TEXT, TEXT, TEXT)
@settings(max_examples=100, deadline=None)
def test_nothing_that_a_student_writes_runs_loads_or_leads_elsewhere(
    code, text, printed, says, name
):
    notebook = rebuild(
        SOURCE,
        json.dumps(students_notebook(("code", code), ("markdown", text), ("raw", text))).encode(),
    ).notebook
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = clean(
                [
                    {"output_type": "stream", "name": "stderr", "text": printed},
                    {
                        "output_type": "error",
                        "ename": printed,
                        "evalue": text,
                        "traceback": [printed],
                    },
                    {
                        "output_type": "execute_result",
                        "data": {"text/plain": text, "text/html": code},
                    },
                    {"output_type": "display_data", "data": {"image/png": text}},
                ]
            )
    html = page_of(
        outcome_of(affine_forward=(says, text)), notebook, notes=[text, name], files={LAYER: code}
    )
    assert danger(html) == danger(page_of(outcome_of()))
    assert not Reader(html).open


@pytest.mark.parametrize("text", HOSTILE)
def test_an_image_cannot_break_out_of_its_attribute(text):
    notebook = rebuild(SOURCE, None).notebook
    cell = next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")
    before = danger(page_of(outcome_of(), notebook))
    cell["outputs"] = [{"output_type": "display_data", "metadata": {}, "data": {"image/png": text}}]
    assert danger(page_of(outcome_of(), notebook)) == before


def test_a_figure_has_the_words_that_stand_for_it():
    notebook = rebuild(SOURCE, None).notebook
    cell = next(cell for cell in notebook["cells"] if cell["source"].startswith("plots."))

    def alt(words):
        cell["outputs"] = [
            {
                "output_type": "display_data",
                "metadata": {},
                "data": {"image/png": "AA", "text/plain": words},
            }
        ]
        return unescape(re.search('<img alt="([^"]*)"', page_of(outcome_of(), notebook))[1])

    assert alt('Plot: Two "curves".') == 'Two "curves".'
    assert alt("Plot: Two curves.\nThey <cross>.") == "Two curves."
    assert "<figcaption>They &lt;cross&gt;.</figcaption>" in page_of(outcome_of(), notebook)
    assert alt("<Figure size 640x480 with 1 Axes>") == f"Figure drawn by {cell['source']}"


UNSEEN = "\x1b[2J\x1b]0;x\x07\x9b\x00\x08\x85\u202e\u2066"


def test_no_control_character_stands_in_a_page_whichever_door_it_came_by():
    """Not cleaned before, as by a folder that another tool has written."""
    cells = [("code", f"x = 1  # {UNSEEN}"), ("markdown", UNSEEN), ("raw", UNSEEN)]
    notebook = rebuild(SOURCE, json.dumps(students_notebook(*cells)).encode()).notebook
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = [
                {"output_type": "stream", "name": "stdout", "text": UNSEEN},
                {"output_type": "error", "ename": UNSEEN, "evalue": UNSEEN, "traceback": [UNSEEN]},
                {"output_type": "error", "ename": UNSEEN, "evalue": UNSEEN, "traceback": []},
                {"output_type": "execute_result", "data": {"text/plain": UNSEEN}},
                {
                    "output_type": "display_data",
                    "data": {"image/png": UNSEEN, "text/plain": f"Plot: {UNSEEN}"},
                },
            ]
    html = page_of(
        outcome_of(affine_forward=(UNSEEN, UNSEEN)),
        notebook,
        notes=[UNSEEN],
        files={LAYER: f"y = 2  # {UNSEEN}"},
    )
    assert "�" in html
    assert [c for c in html if c in UNSEEN and not c.isprintable()] == []


def test_the_page_forbids_what_it_does_not_hold():
    html = page_of(outcome_of())
    assert "default-src 'none'; img-src data:; style-src 'unsafe-inline'" in html
    assert "<script" not in html and "http://" not in html.replace("http://www.w3.org", "")


@pytest.mark.parametrize("name", SOURCES)
def test_a_page_shows_all_of_our_cells_and_closes_every_tag(name):
    source = SOURCES[name]
    html = page(rebuild(source, None).notebook, source, None, title="Exercise 5")
    words = Reader(html).words
    assert not Reader(html).open
    for cell in source["cells"]:
        if cell["cell_type"] == "code" and "nbgrader" not in cell["metadata"]:
            assert "".join(cell["source"]).rstrip() in words
    headings = [
        line
        for cell in source["cells"]
        if cell["cell_type"] == "markdown"
        for line in cell["source"]
        if line.startswith("#")
    ]
    plain = words.replace("`", "")
    for heading in headings:
        assert heading.strip("#\n ").replace("`", "") in plain


@pytest.mark.parametrize("name", SOURCES)
def test_every_formula_is_drawn_without_a_network(name):
    source = SOURCES[name]
    html = page(rebuild(source, None).notebook, source, None, title="Exercise 5")
    formulas = [
        m
        for cell in source["cells"]
        if cell["cell_type"] == "markdown"
        for m in re.findall(r"\$\$.+?\$\$|\$.+?\$", "".join(cell["source"]), re.S)
    ]
    assert html.count("<math ") == len(formulas)
    outside = re.sub(r"<pre.*?</pre>|<code.*?</code>|<style.*?</style>", "", html, flags=re.S)
    assert "$" not in outside and "\\" not in outside


def test_hints_unfold_without_a_script():
    html = page_of(outcome_of())
    hints = sum("".join(cell["source"]).count("<details>") for cell in SOURCE["cells"])
    assert html.count("<details>") == hints > 0
    assert re.search(r"<details><summary>Hint 1: flattening</summary>\s*<p>", html)


# --- the summary --------------------------------------------------------------------------------


def test_the_summary_says_what_the_student_wants_to_know():
    words = Reader(
        page_of(outcome_of(network_backward=("dW1 is transposed.", "Look at shapes.")))
    ).words
    assert "75 of 100 points" in words and "No bonus" in words
    assert "✗ fail" in words and "dW1 is transposed." in words and "Hint: Look at shapes." in words
    assert words.count("✓ pass") == 2 * (len(COURSE.tasks) - 1)
    assert "Handed in late" not in words


def test_a_broken_file_is_told_once_in_the_summary_and_once_at_its_task():
    says = "layer.py is not valid Python."
    broken = outcome_of(**{task.name: (says, "Look at that line.") for task in COURSE.tasks})
    words = Reader(page_of(broken)).words
    assert words.count(says) == words.count("Hint: Look at that line.") == 2
    assert words.count(f"As for {COURSE.tasks[0].name}") == 2 * (len(COURSE.tasks) - 1)


def test_the_bonus_starts_at_the_pass_mark():
    tasks = (
        TaskVerdict("a", 80, 80, True, "", None, ""),
        TaskVerdict("b", 0, 20, False, "", None, ""),
    )
    assert Outcome(tasks, 80).bonus and not Outcome(tasks, 81).bonus
    assert not Outcome(tasks, 80, penalty=1).bonus


def test_a_late_hand_in_reads_what_it_would_have_earned():
    result = outcome_of(late=True)
    assert (result.total, result.bonus) == (0, False)
    words = Reader(page_of(result)).words
    assert "0 of 100 points" in words and "Handed in late. 100 points were earned" in words
    assert "No bonus yet" not in words


def test_points_given_by_hand_replace_the_checks_and_say_so():
    result = outcome_of(affine_forward=("Wrong.", "Try."), manual={"affine_forward": 7.5})
    assert result.total == 97.5
    assert "7.5 of 10" in (words := Reader(page_of(result)).words)
    assert "given by a person" in words


def test_a_line_of_a_verdict_leads_to_the_line_of_the_file():
    failed = {"affine_forward": ("Raised ValueError (layer.py, line 2: x = 1).", "Try.")}
    code = "import numpy\nx = 1\n"
    html = page_of(outcome_of(**failed), files={LAYER: code})
    assert '<a href="#layer-2">layer.py, line 2</a>' in html
    assert {"layer-1", "layer-2"} <= set(Reader(html).ids)
    assert "#layer-2" not in page_of(outcome_of(**failed))


def test_every_link_within_the_page_leads_somewhere():
    html = page_of(outcome_of(), files={LAYER: "x = 1\n"})
    targets = Reader(html).ids
    assert len(targets) == len(set(targets))
    assert set(re.findall(r'href="#([^"]+)"', html)) <= set(targets)


@pytest.mark.parametrize("size", [MAX_HIGHLIGHTED + 1, MAX_FILE + 5000])
def test_a_huge_file_is_shown_in_part_and_without_colours(size):
    html = page_of(outcome_of(), files={LAYER: "x" * size})
    assert len(html) < len(page_of(outcome_of())) + MAX_FILE + 2000
    assert ("Only the first" in html) == (size > MAX_FILE)


def test_many_cells_of_a_students_code_are_not_all_coloured():
    """Colours cost a second for a megabyte, and a hand-in may have twenty."""
    code = "x = 1\n" * 5000
    notebook = students_notebook(*[("code", code)] * 10)
    html = page_of(outcome_of(), rebuild(SOURCE, json.dumps(notebook).encode()).notebook)
    assert Reader(html).words.count(code) == 10
    assert html.count("<span") < 4 * 5000


def coloured_texts(patch, notebook, files=None):
    """What Pygments is given for a page."""
    seen = []

    def highlight(text, *others):
        seen.append(text)
        return text

    patch.setattr(page_module, "highlight", highlight)
    page_of(outcome_of(), notebook, files=files)
    return [text for text in seen if text not in OURS]


OURS = {"".join(cell["source"]) for cell in SOURCE["cells"]} | {
    cell["source"] for cell in rebuild(SOURCE, None).notebook["cells"]
}
GAPS = [" \n", "\t\n", "\n", "\x0c\n", "\r\n", "\r", "\u2028", "\xa0", " ", "\\\n \n"]
LINES = ['"%' + "0" * 99, "'", "{a[", "\\N{", "1_", "x", "match ", "é"]


@pytest.mark.parametrize("unit", [*GAPS, *LINES], ids=ascii)
@pytest.mark.parametrize("door", ["cell", "file"])
def test_pygments_is_given_no_text_that_costs_more_the_longer_it_is(monkeypatch, unit, door):
    """Its expressions are quadratic in the length of a gap, and in that of a line."""
    text = "x = 1\n" + unit * (MAX_HIGHLIGHTED // len(unit) - 10)
    notebook = rebuild(SOURCE, json.dumps(students_notebook(("code", text))).encode()).notebook
    files = {LAYER: text} if door == "file" else None
    for lexed in coloured_texts(monkeypatch, notebook if door == "cell" else None, files):
        assert max(map(len, lexed.split("\n"))) <= 400
        assert max(map(len, re.findall(r"\s+", lexed)), default=0) <= 100


def test_colours_have_one_limit_for_all_of_a_page(monkeypatch):
    code = "x = 1\n" * 3000
    notebook = students_notebook(*[("code", code)] * 10)
    lexed = coloured_texts(
        monkeypatch,
        rebuild(SOURCE, json.dumps(notebook).encode()).notebook,
        {LAYER: code, "other.py": code},
    )
    assert 0 < sum(map(len, lexed)) <= MAX_HIGHLIGHTED


@pytest.mark.parametrize("unit", ["'", "é", "\n", "\U0001f600", "\x1b", "x - "], ids=ascii)
def test_a_page_has_a_limit_whatever_is_handed_in(unit):
    """15 cells of a million quotation marks were 86 MB of page.

    So much does not get as far as a page any more; it has a limit of its own all the same.
    """
    text = unit * (1_000_000 // len(unit))
    cells = [(kind, text[:120_000]) for kind in ("code", "markdown", "raw")] * 5
    notebook = rebuild(SOURCE, json.dumps(students_notebook(*cells)).encode()).notebook
    many = [{"output_type": "stream", "name": "stdout", "text": text[:20_000]}] * 40
    figure = {"output_type": "display_data", "data": {"image/png": "A" * 1_000_000}}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = [*many, figure]
    html = page_of(
        outcome_of(), notebook, notes=[text[:1000]] * 1000, files={LAYER: text, "other.py": text}
    )
    assert len(html.encode()) < len(page_of(outcome_of()).encode()) + MAX_OWN + 20_000
    assert re.search(
        r"would be too long: [\d,]+ characters and \d+ pictures of yours are left out", html
    )


def test_a_page_of_many_small_pieces_has_a_limit_too():
    notebook = rebuild(
        SOURCE, json.dumps(students_notebook(*[("code", "1")] * 490)).encode()
    ).notebook
    small = [{"output_type": "execute_result", "data": {"text/plain": "1"}}] * 40
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = list(small)
    html = page_of(outcome_of(), notebook, notes=["1"] * 100_000)
    assert len(html.encode()) < len(page_of(outcome_of()).encode()) + MAX_OWN + 200_000


def test_an_honest_page_says_nothing_of_room():
    assert "too long" not in page_of(outcome_of(), notes=["A note."], files={LAYER: "x = 1\n"})


def test_lines_of_a_file_without_colours_are_targets_as_well():
    failed = {"affine_forward": ("Raised ValueError (layer.py, line 2).", "Try.")}
    html = page_of(outcome_of(**failed), files={LAYER: "x = 1\n" + " " * 500 + "y = 2\n"})
    assert '<a href="#layer-2">' in html and "layer-2" in Reader(html).ids


# --- hidden cases -------------------------------------------------------------------------------


def test_hidden_cases_are_not_shown_even_when_the_notebook_holds_them():
    """As a plain nbgrader leaves them: in the graded cell, and quoted in its traceback."""
    notebook = json.loads(json.dumps(SOURCE))
    secrets = []
    for cell in notebook["cells"]:
        text = "".join(cell["source"])
        if "BEGIN HIDDEN" in text:
            hidden = text.partition("### BEGIN HIDDEN TESTS\n")[2].partition("\n### END")[0]
            secrets += hidden.splitlines()
            cell["outputs"] = [
                {
                    "output_type": "error",
                    "ename": "AssertionError",
                    "evalue": "",
                    "traceback": hidden.splitlines(),
                }
            ]
    assert secrets
    html = page_of(outcome.of_notebook(notebook, 80), notebook)
    words = Reader(html).words
    assert "HIDDEN" not in words
    assert not [line for line in secrets if len(line) > 12 and line.strip() in words]


# --- the notebook that carries its verdicts -----------------------------------------------------


def test_recorded_verdicts_come_back_with_the_scores_of_nbgrader():
    notebook = rebuild(SOURCE, None).notebook
    failed = {"affine_forward": ("Wrong.", "Try.")}
    wanted = outcome_of(**failed)
    verdicts = [
        verdict(task, 0, *failed[task.name]) if task.name in failed else verdict(task)
        for task in COURSE.tasks
    ]
    outcome.record(notebook, verdicts, ["A note."])
    notebook = json.loads(json.dumps(notebook))
    assert outcome.of_notebook(notebook, 80) == wanted
    assert outcome.notes_of(notebook) == ("A note.",)
    for cell in notebook["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == "affine_forward":
            cell["metadata"]["nbgrader"]["score"] = 4.0
    corrected = outcome.of_notebook(notebook, 80)
    assert corrected.by_hand == {"affine_forward"}
    assert corrected.tasks[0].points == 4.0


def test_a_notebook_without_graded_cells_has_no_outcome():
    name = COURSE.exercise.notebooks[1]
    assert outcome.of_notebook(rebuild(SOURCES[name], None).notebook, 80) is None
    html = page(rebuild(SOURCES[name], None).notebook, SOURCES[name], title="Exercise 5")
    assert "This notebook has no points" in html


@pytest.mark.parametrize(
    ("name", "width", "scheme"),
    [
        ("1_TwoLayerNetwork", 1280, "light"),
        ("1_TwoLayerNetwork", 390, "dark"),
        ("2b_Optimization", 390, "light"),
    ],
)
def test_desk_or_phone_by_day_or_night_it_keeps_nobody_out_and_lies_within_its_width(
    tmp_path, name, width, scheme
):
    source = SOURCES[name]
    notebook = rebuild(source, None).notebook
    wide, long = "   ".join(map(str, range(99))), "\n".join(map(str, range(99)))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = clean(
                [
                    {"output_type": "stream", "name": "stdout", "text": wide},
                    {"output_type": "execute_result", "data": {"text/plain": wide}},
                    {"output_type": "error", "ename": "", "evalue": "", "traceback": [wide, long]},
                ]
            )
    wrong = outcome_of(
        affine_backward=("db is wrong (layer.py, line 3: db = 0).", f"See {LAYER * 3}.")
    )
    code = f"import numpy as np\n\ndb = {'0 + ' * 60}0  # {'x' * 200}"
    file = tmp_path / "page.html"
    file.write_text(
        page(notebook, source, wrong, title="Exercise 5", notes=[wide], files={LAYER: code}),
        "utf-8",
    )
    with browser_page() as browser:
        browser.emulate_media(color_scheme=scheme)
        browser.set_viewport_size({"width": width, "height": 900})
        browser.goto(file.as_uri())
        assert browser.evaluate("document.documentElement.scrollWidth") == width
        assert axe_report(browser) == ""
