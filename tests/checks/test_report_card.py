"""The judge's report card makes what it says, and would tell a judge that is wrong."""

from __future__ import annotations

import os
import re
from collections import Counter
from dataclasses import replace
from functools import partial
from itertools import islice

import numpy as np
import pytest
from support.handins import COURSE

from benchmarks import in_process
from benchmarks.report_card import __main__ as report_card
from benchmarks.report_card import card, children, operators, rewritings, trees, truth
from exercise_code.tests import CHECKS
from i2dl_course.samples import variants

SEED = 20
OF_EACH = 4
VARIED = {
    "reference",
    "affine_by_einsum",
    "affine_forward_by_loops",
    "sigmoid_by_vectorize",
    "sigmoid_piecewise_by_where",
}


@pytest.fixture(scope="module")
def mutants() -> list[card.Made]:
    """The first mutants of each operator, of solutions that have something for all of them."""
    made, count = [], Counter[str]()

    def wanted(operator):
        count[operator] += 1
        return count[operator] <= OF_EACH

    for base in card.bases():
        if base.name in VARIED:
            known = card.stub() if base.name == "reference" else card.bases()[0].files
            for region in trees.regions(base.files, known):
                made += [card.mutant(base, change) for change in operators.changes(region, wanted)]
    return made


def test_every_operator_makes_mistakes_that_differ(mutants):
    assert {one.how for one in mutants} == set(operators.OPERATORS)
    assert len({tuple(one.files.values()) for one in mutants}) == len(mutants)


def test_no_wrong_task_of_a_made_mistake_passes_and_no_right_one_fails(mutants):
    reasons = card.reasons()
    mistakes = 0
    for one in mutants:
        tasks = card.judge(one, SEED)
        for name, task in (tasks or {}).items():
            assert not (task.wrong and task.passed), f"{name} of {one}"
        assert not card.failing(tasks or {}), one
        if tasks and all(task.right for task in tasks.values()):
            assert any(reason.holds(one) for reason in reasons), one
        mistakes += tasks is not None and any(task.wrong for task in tasks.values())
    assert mistakes > len(mutants) / 2


@pytest.mark.parametrize("name", [*rewritings.REWRITINGS, "other_cache"])
def test_every_rewriting_finds_a_place_and_keeps_a_right_answer_right(name, monkeypatch):
    one = {name: rewritings.REWRITINGS[name]} if name in rewritings.REWRITINGS else {}
    monkeypatch.setattr(rewritings, "REWRITINGS", one)
    base = card.bases()[0]
    files, done = rewritings.rewritten(base.files, card.stub(), np.random.default_rng(1))
    assert set(done) & {name}
    assert files != {file: trees.written(text) for file, text in base.files.items()}
    tasks = card.judge(card.Made(base.name, name, "", "", files, tuple(CHECKS)), SEED)
    assert all(task.right and task.passed for task in tasks.values())


def test_the_same_seed_makes_the_same_and_another_seed_does_not():
    made, again, other = (list(islice(card.mutants(seed, 0.05), 20)) for seed in (5, 5, 6))
    assert made == again != other
    right, again, other = (list(card.right_answers(seed, 4)) for seed in (5, 5, 6))
    assert right == again != other


def test_truth_without_the_checks_agrees_on_all_mistakes_of_students():
    """But for one that is nearly right."""
    nearly = {"sigmoid_forward__rounded_to_eight_digits"}
    for mutant in variants.mutants(COURSE):
        seen = truth.tell(in_process.submission(mutant.files), [mutant.task, *_forward(mutant)])
        wrong = seen[mutant.task].worst > truth.CLEARLY
        assert wrong != (mutant.name in nearly), mutant.name


def _forward(mutant):
    """Both tasks of a layer, or of the network: they are told together."""
    return [f"{mutant.task.partition('_')[0]}_forward"]


def test_a_judge_that_lets_mistakes_pass_is_told_and_ends_in_exit_code_1(monkeypatch, capsys):
    lenient = {
        name: replace(check, judge=lambda student, cases: None) for name, check in CHECKS.items()
    }
    monkeypatch.setattr(card, "CHECKS", lenient)
    bases = card.bases()[:2]
    monkeypatch.setattr(card, "bases", lambda: bases)
    report = report_card.Card()
    report_card.mistakes(report, 1, 1, 0.02)
    assert any("a wrong task passes" in fault for fault in report.faults)
    monkeypatch.setattr(report_card, "mistakes", lambda report, *_: report.blame("x", ["y"]))
    monkeypatch.setattr(report_card, "right_answers", lambda *_: [])
    monkeypatch.setattr(report_card, "on_both_sides", lambda *_: None)
    assert report_card.main(["--quick"]) == 1
    assert "x: y" in capsys.readouterr().out


def test_a_judge_that_fails_right_answers_is_told(monkeypatch):
    def strict(student, cases):
        raise RuntimeError

    report = report_card.Card()
    monkeypatch.setattr(
        card, "CHECKS", {name: replace(one, judge=strict) for name, one in CHECKS.items()}
    )
    monkeypatch.setattr(card, "judge", partial(_judged, passed=False))
    report_card.right_answers(report, 1, 1, 3)
    assert len(report.faults) == 3


def _judged(made, seed, passed):
    return {task: card.Judged(0.0, passed, None) for task in made.tasks}


def test_an_equivalent_without_a_reason_is_told_and_so_is_an_idle_reason(monkeypatch):
    report, reason = report_card.Card(), card.Reason("→ nothing", "Never.")
    monkeypatch.setattr(card, "reasons", lambda: [reason])
    one = card.Made("reference", "name", "affine_forward", "x → w", {}, ())
    report_card.require_reasons(report, [one], complete=True)
    assert len(report.faults) == 2


def test_reasons_are_well_formed(tmp_path):
    assert all(re.compile(one.where) and re.compile(one.change) for one in card.reasons())
    file = tmp_path / "equivalent.toml"
    for text in (
        '[[equivalent]]\nchange = ""',
        '[[equivalent]]\nchange = ""\nreason = "It is."\nfile = "layer.py"',
        '[[equivalent]]\nchange = ""\nreason = "It is."\noperators = ["none"]',
        '[[equivalent]]\nchange = ""\nreason = "no sentence"',
    ):
        file.write_text(text, "utf-8")
        with pytest.raises(ValueError, match="number 1"):
            card.reasons(file)


def test_what_ends_its_process_is_none_and_the_others_are_done():
    assert list(children.each(_survive, range(20), 2)) == [*range(7), None, *range(8, 20)]


def _survive(number):
    if number == 7:
        os._exit(1)
    return number


def test_bounds_are_those_of_the_tables():
    """Of Clopper and Pearson, one-sided at 95 %."""
    assert report_card.at_most(0, 10) == pytest.approx(0.2589, abs=1e-4)
    assert report_card.at_most(1, 10) == pytest.approx(0.3942, abs=1e-4)
    assert report_card.at_most(0, 3000) == pytest.approx(1 - 0.05 ** (1 / 3000))
