"""Guesses: answered kindly, and asked where a notebook can answer them."""

import re

import pytest

from exercise_code.predicting import QUESTIONS, predict

WIDTH = 107  # characters of a cell at 1280 pixels, beside the file browser


def said(capsys, *arguments):
    predict(*arguments)
    return capsys.readouterr().out


def test_without_a_guess_nothing_is_said(capsys):
    assert said(capsys, "memory", ...) == said(capsys, "memory") == ""


def test_a_good_guess_is_praised_and_a_bad_one_comforted(capsys):
    assert said(capsys, "memory", 1756).startswith("Well seen: it is 1756, because every house")
    assert said(capsys, "memory", 2000).startswith("Well seen: it is 1756, because")
    bad = said(capsys, "memory", 10)
    assert bad.startswith("You said 10; it is 1756") and "remembered best" in bad
    assert "it is about 1, because" in said(capsys, "first loss", 1)
    assert said(capsys, "arrives", "SGD").startswith("You said 'SGD'; it is 'momentum and Adam'")


@pytest.mark.parametrize("question", QUESTIONS)
def test_no_answer_breaks_within_a_word_nor_is_told_by_the_question(capsys, question):
    asked = QUESTIONS[question]
    for guess in asked.choices or (asked.answer, 1000):
        assert max(map(len, said(capsys, question, guess).splitlines())) <= WIDTH
    assert question != asked.answer


def test_a_guess_of_another_kind_is_told_what_can_be_guessed(capsys):
    assert said(capsys, "memory", "much") == "Guess a number.\n"
    assert said(capsys, "worst", "all") == "Choose one of these: cheap, ordinary, expensive.\n"


def test_an_unknown_question_is_refused():
    with pytest.raises(ValueError, match="no question 'price'"):
        predict("price", 1)


def test_every_question_is_asked_once_with_its_choices_beside_it(root):
    asked = {}
    for notebook in sorted((root / "notebooks").glob("*.py")):
        for name, beside in re.findall(
            r'^predict\("(.+?)", \.\.\.\)  # (.+)$', notebook.read_text("utf-8"), flags=re.M
        ):
            assert name not in asked
            asked[name] = beside
    assert set(asked) == set(QUESTIONS)
    for name, question in QUESTIONS.items():
        for choice in question.choices:
            assert f'"{choice}"' in asked[name]
