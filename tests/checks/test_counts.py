"""The command that counts wrong verdicts counts them, and finds none."""

from __future__ import annotations

import pytest
from support.inline_pool import inline_pool

from benchmarks import in_process, verdicts
from exercise_code.tests import CHECKS
from i2dl_course.samples import variants

SEED = 3


def test_no_verdict_is_wrong():
    judged, wrong = verdicts.count(SEED, verdicts.KINDS)
    assert wrong == []
    assert judged[verdicts.KINDS["reference"]] == len(CHECKS)
    right = len(variants.right_answers(verdicts.COURSE))
    assert judged[verdicts.KINDS["right"]] == right * len(CHECKS)
    assert judged[verdicts.KINDS["mutants"]] == len(variants.mutants(verdicts.COURSE))
    assert judged[verdicts.KINDS["entries"]] > 50


def test_an_entry_within_its_tolerance_counts_as_a_false_pass(monkeypatch):
    monkeypatch.setattr(verdicts, "TOLERANCES", 0.01)
    judged, wrong = verdicts.count(SEED, ["entries"])
    assert len(wrong) == judged[verdicts.KINDS["entries"]] > 50


def test_a_wrong_reference_counts_as_a_false_fail(monkeypatch):
    mutant = variants.mutants(verdicts.COURSE)[0]
    monkeypatch.setattr(verdicts, "_reference", lambda: in_process.submission(mutant.files))
    _, wrong = verdicts.count(SEED, ["reference"])
    assert (SEED, verdicts.KINDS["reference"], mutant.task) in wrong


def test_a_check_that_lets_all_through_counts_as_false_passes(monkeypatch):
    passed = CHECKS["sigmoid_forward"].run(
        in_process.submission(variants.reference(verdicts.COURSE).files), rounds=1
    )
    monkeypatch.setattr(type(CHECKS["sigmoid_forward"]), "run", lambda *_, **__: passed)
    judged, wrong = verdicts.count(SEED, ["mutants"])
    passes = [one for one in wrong if one[1] == verdicts.KINDS["mutants"]]
    assert len(passes) == judged[verdicts.KINDS["mutants"]]


@pytest.mark.parametrize(("wrong", "code"), [([], 0), ([(1, "kind", "words")], 1)])
def test_the_exit_code_says_whether_a_verdict_is_wrong(monkeypatch, capsys, wrong, code):
    monkeypatch.setattr(
        verdicts, "ProcessPoolExecutor", inline_pool(lambda seeds: [({}, wrong) for _ in seeds])
    )
    assert verdicts.main(["--seeds", "1"]) == code
    assert ("words" in capsys.readouterr().out) == bool(wrong)
