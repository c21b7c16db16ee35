"""The notebooks as a text and as something to do: words, reading level, and how often."""

from __future__ import annotations

import re

import jupytext
import pytest

from i2dl_course.manifest import load

NOTEBOOKS = ("1_TwoLayerNetwork", "2a_StochasticGradientDescent", "2b_Optimization")
# What a student does: write code, guess, answer, set something.
TO_DO = re.compile(
    r"^(score = check|predict\(|check_|puzzle\.answer|my_runs|class MyOptimizer|plots\.\w+_player)",
    re.M,
)


@pytest.fixture(scope="module", params=NOTEBOOKS)
def cells(request, root):
    return jupytext.read(root / "notebooks" / f"{request.param}.py").cells


def things_to_do(cells):
    """The places of the cells in which there is something to do, among the cells of code."""
    code = [cell.source for cell in cells if cell.cell_type == "code"]
    return code, [place for place, source in enumerate(code) if TO_DO.search(source)]


def prose(cells):
    """The words of a notebook without code, formulas, tables and marks."""
    text = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    text = re.sub(r"```.*?```|\$\$.*?\$\$|</?[a-z]+>", "", text, flags=re.S)
    text = "\n".join(line for line in text.splitlines() if not line.startswith(("|", "#")))
    return re.sub(r"\$[^$]*\$|`[^`]*`", "x", text).replace("*", "")


def test_there_are_at_least_eight_things_to_do(cells):
    assert len(things_to_do(cells)[1]) >= 8


def test_there_are_at_most_six_cells_of_code_between_two_things_to_do(cells):
    _, places = things_to_do(cells)
    first_setting_up = places[0]
    gaps = [after - before - 1 for before, after in zip(places, places[1:], strict=False)]
    assert max(gaps) <= 6, gaps
    assert first_setting_up <= 8


def test_the_text_is_short_and_plain(cells):
    words = re.findall(r"[A-Za-z][a-z']*", prose(cells))
    sentences = re.findall(r"[^.!?:]+[.!?:](?:\s|$)", prose(cells))
    syllables = sum(
        max(1, len(re.findall("[aeiouy]+", word.lower().removesuffix("e")))) for word in words
    )
    flesch = 206.835 - 1.015 * len(words) / len(sentences) - 84.6 * syllables / len(words)
    print(f"{len(words)} words, {len(words) / len(sentences):.1f} a sentence, Flesch {flesch:.0f}")
    assert len(words) < 2_900
    assert len(words) / len(sentences) < 16
    assert flesch > 60  # plain English; a newspaper has about 50


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
