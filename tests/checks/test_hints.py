"""The hints: short, plain, and one thing at a time. Measured over all of them."""

from __future__ import annotations

import re
from statistics import mean

import pytest

from exercise_code.tests import CHECKS, raised, tracing
from exercise_code.tests.causes import CAUSES

HINTS = {
    **{f"cause {name}": cause.hint for name, cause in CAUSES.items() if cause.hint},
    **{f"task {name}": check.hint for name, check in CHECKS.items()},
    **{
        f"{name}, {one}": hint
        for name, check in CHECKS.items()
        for one, hint in check.hints.items()
    },
    **{f"second, {name}": check.stronger for name, check in CHECKS.items() if check.stronger},
    **{f"change {kind}": hint for kind, (_, hint) in tracing.WORDS.items()},
    **{f"exception {part}": hint for part, hint in raised.HINTS},
    **{f"syntax {kind}": hint for kind, hint in raised.HINTS_ON_SYNTAX.items()},
}


def syllables(word):
    """A rough count: groups of vowels, less a silent e at the end; code counts as one."""
    if re.search(r"[^A-Za-z']", word) or word != word.lower() and word != word.capitalize():
        return 1
    groups = len(re.findall("[aeiouy]+", word.lower()))
    return max(1, groups - (word.endswith("e") and not word.endswith("le") and groups > 1))


def grade(text):
    """The reading level by Flesch and Kincaid: years at school."""
    sentences = [part for part in re.split(r"(?<=[.?!:;])\s", text) if part.split()]
    words = text.split()
    return (
        0.39 * len(words) / len(sentences)
        + 11.8 * sum(syllables(word.strip(".,:;?!()")) for word in words) / len(words)
        - 15.59
    )


@pytest.mark.parametrize("name", HINTS)
def test_a_hint_is_short_and_plain(name):
    assert len(HINTS[name].split()) <= 60
    assert grade(HINTS[name]) <= 9, grade(HINTS[name])


def test_hints_together_are_plain():
    assert mean(map(grade, HINTS.values())) <= 5
    assert mean(len(hint.split()) for hint in HINTS.values()) <= 20


def test_the_tasks_that_are_chains_have_a_second_hint():
    with_second = {name for name, check in CHECKS.items() if check.stronger}
    backward = {name for name in CHECKS if name.endswith("backward")}
    assert with_second == backward | {"network_forward"}


def test_every_task_says_what_was_learnt():
    for check in CHECKS.values():
        assert 5 <= len(check.learnt.split()) <= 25
