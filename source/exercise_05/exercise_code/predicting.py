"""Guesses before a plot, and kind answers to them. They stay in the notebook, ungraded."""

import textwrap
from dataclasses import dataclass

from exercise_code.tests.verdict import say

_NEAR = 1.5  # a guess within this factor of a number is a good one
_WIDTH = 100  # characters of a line: a longer one breaks within a word


@dataclass(frozen=True)
class Question:
    """What can be guessed.

    ``answer`` is a number or a word; ``choices`` are the words that can be chosen from, none for a
    number, which ``about`` says is not exact. ``because`` is said in any case.
    """

    answer: float | str
    because: str
    choices: tuple = ()
    about: bool = False


QUESTIONS = {
    "prices": Question(
        "to the right", "a few expensive houses make a long tail there",
        ("evenly", "to the left", "to the right"),
    ),
    "feature": Question(
        "OverallQuality", "its correlation with the price is 0.79",
        ("LivingArea", "YearBuilt", "OverallQuality", "GarageArea"),
    ),
    "first loss": Question(
        1, "with y_hat = 0 it is the mean of y², and y is standardised", about=True
    ),
    "by heart": Question(1, "only W1 with the wrong sign shows"),
    "lower loss": Question(
        "validation", "its prices vary less: the mean of y² is 0.83 there, not 1",
        ("training", "validation", "neither"),
    ),
    "worst": Question(
        "expensive", "there are few of them to learn from", ("cheap", "ordinary", "expensive")
    ),
    "memory": Question(1756, "every house needs the same 256 bytes"),
    "epoch": Question(1, "an epoch looks at every house once, in whatever portions", about=True),
    "smoothest": Question(
        "full batch", "every step looks at all houses", ("batch 1", "batch 32", "full batch")
    ),
    "equal updates": Question(
        "neither", "step for step they go together", ("batch 256", "full batch", "neither")
    ),
    "halve the noise": Question(4, "the noise falls with the square root"),
    "jump": Question(
        "a million times", "on a single house the loss may be nearly 0",
        ("not at all", "twice", "a million times"),
    ),
    "arrives": Question(
        "momentum and Adam", "SGD is held up by the flat direction",
        ("SGD", "momentum and Adam", "all three"),
    ),
    "up to speed": Question(22, "after so many steps it has 90 % of its final speed"),
    "first step": Question(0.1, "Adam's first step is λ in every direction"),
    "without correction": Question(
        "too long", "the root of v is too small by even more than m", ("too short", "too long")
    ),
    "down first": Question(
        "SGD", "after one epoch it is at 0.12, and the others are at about 0.2",
        ("SGD", "momentum", "Adam"),
    ),
    "wins at 0.3": Question(
        "SGD", "for the others that rate is too large", ("SGD", "momentum", "Adam")
    ),
}  # fmt: skip


def predict(question, guess=...):
    """Answer a guess, in a sentence. Without one nothing is printed.

    Parameters
    ----------
    question : str
        A key of ``QUESTIONS``.
    guess : number or str
        What you think.

    Raises
    ------
    ValueError
        There is no such question.
    """
    if question not in QUESTIONS:
        raise ValueError(f"no question {question!r}; there are {', '.join(QUESTIONS)}")
    if guess is not ...:
        say(_answer(QUESTIONS[question], guess))


def _answer(question, guess):
    if question.choices:
        if guess not in question.choices:
            return f"Choose one of these: {', '.join(question.choices)}."
        hit = guess == question.answer
        opening = "Well seen" if hit else f"You said {guess!r}; it is {question.answer!r}"
    else:
        try:
            ratio = float(guess) / question.answer
        except (TypeError, ValueError):
            return "Guess a number."
        hit = 1 / _NEAR <= ratio <= _NEAR
        it_is = f"it is {'about ' if question.about else ''}{question.answer:g}"
        opening = f"Well seen: {it_is}" if hit else f"You said {float(guess):g}; {it_is}"
    answer = textwrap.fill(f"{opening}, because {question.because}.", _WIDTH)
    return answer if hit else f"{answer}\nA wrong guess is remembered best."
