"""No realistic mistake passes, and each is called by its name: instructor/mutants/."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from support import student_code
from support.handins import COURSE, LAYER
from support.student_code import SEED

from benchmarks import in_process
from exercise_code.tests import CHECKS
from exercise_code.tests.causes import CAUSES
from i2dl_course.samples import variants

MUTANTS = variants.mutants(COURSE)
# What a network says of a mistake that is not its own.
BLAMES_A_LAYER = {"layer_wrong", "layer_missing"}
each_mutant = pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)


@pytest.fixture(scope="module")
def public():
    """The public cases of each task, drawn once."""
    return {task: check.draw(rounds=1) for task, check in CHECKS.items()}


@each_mutant
def test_mistake_fails_its_check_and_is_called_by_its_name(mutant, public, kernel):
    student, check = in_process.submission(mutant.files), CHECKS[mutant.task]
    verdicts = [
        check.traced(check.run(student, drawn=public[mutant.task]), student),
        kernel.verdicts(mutant.files)[mutant.task],
    ]
    assert [verdict.points for verdict in verdicts] == [0.0, 0.0]
    assert {verdict.cause for verdict in verdicts} == {mutant.read}, verdicts[0].says
    for verdict in verdicts:
        assert verdict.hint and verdict.says.endswith(".") and "\n" not in verdict.says


@each_mutant
def test_mistake_fails_no_other_task_than_those_that_build_on_it(mutant, kernel):
    """A verdict on one function must not depend on another, and a net blames the layer."""
    in_a_layer = mutant.files[LAYER] != student_code.REFERENCE.files[LAYER]
    for task, verdict in kernel.verdicts(mutant.files).items():
        if task == mutant.task:
            continue
        if task in mutant.elsewhere:
            assert verdict.cause == mutant.elsewhere[task], verdict.says
        elif task.startswith("network"):
            if in_a_layer:
                assert verdict.passed or verdict.cause in BLAMES_A_LAYER, verdict.says
        else:
            assert verdict.passed, verdict.says


@each_mutant
def test_referee_reads_a_mistake_as_the_notebook_does(mutant, kernel, referee):
    judged = referee.judge(mutant.handin, SEED).verdicts
    for task, here in kernel.verdicts(mutant.files).items():
        there = judged[task]
        assert (there.passed, there.cause) == (here.passed, here.cause), there.says
        if not here.passed:
            assert (there.says, there.hint) == (here.says, here.hint)


def test_there_are_realistic_mistakes_for_every_task():
    of = Counter(mutant.task for mutant in MUTANTS)
    assert set(of) == set(CHECKS) and min(of.values()) >= 20
    assert len(MUTANTS) >= 120


def test_at_most_one_mistake_in_twenty_is_called_by_another_name():
    """The others are said in the data: `read` is what the student reads in place of `cause`."""
    misread = [mutant.name for mutant in MUTANTS if mutant.read != mutant.cause]
    assert len(misread) <= len(MUTANTS) / 20, misread


def test_no_two_mistakes_are_the_same():
    assert len({tuple(mutant.files.values()) for mutant in MUTANTS}) == len(MUTANTS)


def test_every_cause_has_a_mistake_that_leads_to_it():
    """A cause that no mistake leads to would be a promise that nobody has tried."""
    elsewhere = {
        "missing_file", "missing_function", "syntax_error", "not_text", "import_failure",
        "missing_module", "wrong_package", "time_limit", "no_answer",
    }  # fmt: skip
    seen = {cause for mutant in MUTANTS for cause in (mutant.read, *mutant.elsewhere.values())}
    assert set(CAUSES) - seen == elsewhere


def test_the_page_for_teachers_names_mistakes_that_are_tried(root):
    page = (root / "docs" / "teaching.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+__\w+)` \| `(\w+)` \|", page, flags=re.MULTILINE)
    read = {mutant.name: mutant.read for mutant in MUTANTS}
    assert len(rows) > 10
    for name, cause in rows:
        assert read[name] == cause


def test_the_page_on_the_checks_tells_what_is_in_the_data(root):
    page = (root / "docs" / "checks.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+__\w+)` \| `(\w+)` \| `(\w+)` \|$", page, flags=re.MULTILINE)
    assert rows == [(m.name, m.cause, m.read) for m in MUTANTS if m.read != m.cause]
    assert f"| {len(MUTANTS)} |" in page
    assert f"| {len(variants.right_answers(COURSE))} |" in page
