"""The notebooks as a text and as something to do: words, reading level, and how often."""

from __future__ import annotations

import re

import jupytext
import pytest

from benchmarks import reading
from i2dl_course.manifest import load

NOTEBOOKS = ("1_TwoLayerNetwork", "2a_StochasticGradientDescent", "2b_Optimization")


@pytest.fixture(scope="module", params=NOTEBOOKS)
def cells(request):
    return reading.cells(request.param)


def test_there_are_at_least_eight_things_to_do(cells):
    assert len(reading.things_to_do(cells)) >= 8


def test_there_are_at_most_six_cells_of_code_between_two_things_to_do(cells):
    places = reading.things_to_do(cells)
    assert max(reading.gaps(places)) <= 6, places
    assert places[0] <= 8  # setting up


def test_no_line_of_code_is_cut_off_beside_the_file_browser(cells):
    code = [cell.source for cell in cells if cell.cell_type == "code"]
    assert [line for source in code for line in source.splitlines() if len(line) > 100] == []


def test_the_text_is_short_and_plain(cells):
    words, length, ease = reading.measured(reading.prose(cells))
    assert words < 2_900
    assert length < 16
    assert ease > 60  # plain English; a newspaper has about 50


def test_the_page_for_teachers_shows_what_the_command_prints(root, capsys):
    assert reading.main([]) == 0
    assert capsys.readouterr().out in (root / "docs" / "teaching.md").read_text("utf-8")


def test_every_task_has_a_goal_and_a_hint(root):
    text = "\n".join(
        cell.source for cell in jupytext.read(root / "notebooks" / f"{NOTEBOOKS[0]}.py").cells
    )
    tasks = re.split(r"^### Task \d: ", text, flags=re.M)[1:]
    assert len(tasks) == len(load(root).tasks)
    for task in tasks:
        before_its_check = task.partition("score = check")[0]
        assert "| Goal |" in before_its_check
        assert "<details><summary>Hint" in before_its_check
