"""A mistake that no rule knows is looked for in the code, and nothing but words depends on it."""

from __future__ import annotations

import contextlib
import re
from dataclasses import replace
from unittest import mock

import numpy as np
import pytest
from support import student_code
from support.handins import LAYER, NET
from support.student_code import SEED

from benchmarks import located
from exercise_code.tests import CHECKS, StudentError, tracing
from exercise_code.tests import changes as changing
from exercise_code.tests.causes import CAUSES
from exercise_code.tests.changes import KINDS, changes
from exercise_code.tests.steps import steps
from i2dl_course.handins.opening import HandIn
from i2dl_course.judging.remote import WorkerConnection

FLAT = "samples = x.reshape(x.shape[0], -1)\nout = samples @ w + b"
OUT = "out = samples @ w + b"
DW = "dw = samples.T @ dout"
DB = "db = dout.sum(axis=0)"
SIGMOID = "out = 1.0 / (1.0 + np.exp(-x))"
SLOPE = "dx = dout * cache * (1.0 - cache)"
DZ = 'dz = sigmoid_backward(dh, self.cache["sigmoid"])'
Z = "z = np.log(cache / (1 - cache))\n"

# By kind: the task, a piece of the reference, what stands there, and what is said of it.
SLIPS = {
    "left_out": ("affine_forward", OUT, f"{OUT} + b * b", "without `+ b * b`"),
    "kept": (
        "affine_forward",
        OUT,
        "out = samples @ w - b * b\nout + (b * b + b)",
        "with what `out + (b * b + b)` gives kept",
    ),
    "operator": ("affine_forward", OUT, "out = samples @ w * b", "another operator in `samples"),
    "function": ("affine_backward", DB, "db = dout.std(axis=0)", "function in place of `dout.std`"),
    "axis": (
        "affine_forward",
        OUT,
        "out = (samples[:, :, None] * w[None]).sum(axis=2) + b",
        "with another axis in `(samples",
    ),
    "no_axis": (
        "affine_forward",
        OUT,
        "total = float(np.ones(w.size) @ (w * w).ravel())\n"
        "out = (samples @ w + b) * np.sum(w * w, axis=0) / total",
        "without an axis in `np.sum(w * w, axis=0)`",
    ),
    "dropped": (
        "affine_forward",
        OUT,
        "out = samples @ w + b[:, None].sum(axis=1, keepdims=True)",
        "without keepdims in `b[:, None].sum(axis=1, keepdims=True)`",
    ),
    "keepdims": (
        "affine_forward",
        OUT,
        "out = (samples + samples.sum(axis=1) - samples.sum(axis=1, keepdims=True)) @ w + b",
        "with keepdims in `samples.sum(axis=1)`",
    ),
    "transposed": (
        "affine_forward",
        OUT,
        "out = (w.T @ samples.T).reshape(len(samples), -1) + b",
        "with a transpose of `w.T @ samples.T`",
    ),
    "turned": ("affine_forward", OUT, "out = samples @ w.T + b", "without the transpose in `w.T`"),
    "flattened": (
        "affine_forward",
        FLAT,
        "out = x @ w + b",
        "with one row for each sample in place",
    ),
    "order": (
        "affine_forward",
        OUT,
        "def add(products, bias, times):\n    return products * times + bias[None, :]\n"
        "out = add(b, samples @ w, 1)",
        "with the parts of `add(b, samples @ w, 1)` in another order",
    ),
    "sign": (
        "sigmoid_forward",
        SIGMOID,
        "out = np.exp(-x) / (1 + np.exp(x))",
        "with the other sign at `-x`",
    ),
    "loop": (
        "affine_forward",
        OUT,
        "out = np.zeros((len(x), len(b)))\nfor d in range(len(w)):\n"
        "    out += samples[:, [d]] * w[d]\n    out += b * b / b",
        "with `out += b * b / b` behind its loop",
    ),
    "one": (
        "affine_backward",
        f"{DW}\n{DB}",
        f"scale = x.sum()\n{DW} / scale\n{DB} / scale",
        "with a 1 in place of `x.sum()`",
    ),
    "number": (
        "sigmoid_backward",
        SLOPE,
        "dx = dout * cache * (1.25 - cache)",
        "something else in place of `1.25`",
    ),
    "index": (
        "affine_forward",
        OUT,
        "out = (samples @ w + b)[np.argsort(samples[:, 0])]",
        "another part picked out",
    ),
    "key": (
        "affine_forward",
        OUT,
        'kept = {"w": w, "b": b, "c": w[0]}\nout = samples @ kept["w"] + kept["c"]',
        'another key in place of `"c"`',
    ),
    "name": ("affine_backward", DW, "dw = samples.T @ (dx @ w)", "in place of `dx @ w`"),
    "condition": (
        "sigmoid_forward",
        SIGMOID,
        f"if callable(x):\n    {SIGMOID}\nelse:\n    out = np.exp(x) - x",
        "without the condition `if callable(x)`",
    ),
    "brackets": (
        "affine_forward",
        OUT,
        "out = np.dot(samples, w + b)",
        "with other brackets in `np.dot(samples, w + b)`",
    ),
    "added_up": (
        "affine_forward",
        OUT,
        "parts = np.stack([samples[:, [d]] * w[d] for d in range(len(w))])\nout = parts + b",
        "added up over the batch",
    ),
    "factor": (
        "sigmoid_forward",
        SIGMOID,
        "half = np.exp(x / 2)\nout = np.reciprocal(2 * np.cosh(x / 2))",
        "with one more factor beside `np.reciprocal(2 * np.cosh(x / 2))`",
    ),
    "term": (
        "sigmoid_forward",
        SIGMOID,
        "out = 0.5 * np.tanh(x / 2)",
        "with one more term beside `np.tanh(x / 2)`",
    ),
    "call": (
        "sigmoid_forward",
        SIGMOID,
        "def squash(number):\n    return np.tanh(number)\nmiddle = squash(0 * x)\n"
        "out = (1 + x / 2) / 2 + middle",
        "with one more function around `x / 2`",
    ),
}


def traced(task, *pieces):
    student, check = student_code.submission(*pieces), CHECKS[task]
    verdict = check.run(student, rounds=1)
    return verdict, check.traced(verdict, student)


def test_every_kind_of_change_has_words_and_a_slip():
    assert set(KINDS) == set(tracing.WORDS) == set(SLIPS)


@pytest.mark.parametrize("kind", SLIPS)
def test_a_slip_is_told_by_its_piece_and_its_line(kind):
    task, old, new, told = SLIPS[kind]
    before, verdict = traced(task, (old, new))
    said = verdict.says[len(before.says) - 1 :]
    assert "would be right" in said and told in said and "line " in said, verdict.says
    assert not verdict.passed and verdict.points == before.points == 0.0


@pytest.mark.parametrize("kind", SLIPS)
def test_the_server_says_the_same(kind, referee):
    task, old, new, _ = SLIPS[kind]
    layer, net = student_code.sources((old, new))
    judged = referee.judge(HandIn({LAYER: layer.encode(), NET: net.encode()}), SEED).verdicts[task]
    student, check = student_code.submission((old, new)), CHECKS[task]
    drawn = check.draw(np.random.default_rng([SEED, list(CHECKS).index(task)]), rounds=1)
    here = check.traced(check.run(student, drawn=drawn), student)
    assert (judged.cause, judged.says, judged.hint) == (here.cause, here.says, here.hint)
    assert "would be right" in judged.says


@pytest.fixture(scope="module")
def referee():
    with student_code.referee() as judge:
        yield judge


def test_two_mistakes_in_one_array_are_told_if_one_of_them_is_known():
    """The product is another one, and the bias is missing besides."""
    _, verdict = traced("affine_forward", (OUT, "out = samples @ (w * w)"))
    assert "out has one mistake left: it lacks the bias" in verdict.says
    assert "without `* w`" in verdict.says and verdict.besides == ("bias_forgotten",)
    assert verdict.cause == "one_change" and verdict.hint == CAUSES["bias_forgotten"].hint


def test_where_several_mistakes_fit_one_change_is_told_besides():
    """exp(x) / 1 + exp(x) is twice what a forgotten "1 +" gives."""
    before, verdict = traced("sigmoid_forward", (SIGMOID, "out = np.exp(x) / 1 + np.exp(x)"))
    assert before.cause == "one_plus_forgotten" and "doubled" in before.says
    assert verdict.cause == before.cause and verdict.hint != before.hint
    assert "out would be right with other brackets in `np.exp(x) / 1 + np.exp(x)`" in verdict.says


@pytest.mark.parametrize(
    ("line", "told", "same_hint"),
    [
        ("out = samples @ w + (b, x)[0][1, 1]", "with another part picked out than", False),
        ("out = samples @ samples + b", "with something else in place of `samples`", False),
        ("out = w @ samples + b", "with the parts of `w @ samples` in another order", True),
        ("out = samples @ w + bias", "with something else in place of `bias`", True),
    ],
)
def test_what_mends_an_exception_is_looked_for_in_its_line(line, told, same_hint):
    """Its hint stays, but where it is about two arrays of which one is the mistake."""
    before, verdict = traced("affine_forward", (OUT, line))
    assert before.cause == verdict.cause == "exception"
    assert f"out would be right {told}" in verdict.says
    assert (verdict.hint == before.hint) == same_hint, verdict.hint


def test_numbers_that_are_too_large_are_not_looked_for_in_the_code():
    """What the case says is the cause; one of many changes would only seem to be."""
    slope = "dx = dout * np.exp(-x) / (1 + np.exp(-x)) ** 2"
    before, verdict = traced(
        "sigmoid_backward", ("cache = out", "cache = x"), (SLOPE, f"x = cache\n{slope}")
    )
    assert before.cause == "overflow" and "NaN" in before.says and verdict == before


def test_what_mends_an_exception_must_do_so_for_samples_of_any_shape():
    """Without its reshape, the line would be right for samples that are rows already."""
    before, verdict = traced("affine_forward", (FLAT, f"{FLAT.replace('-1', 'x.shape[2]')}"))
    assert before.cause == "exception" and verdict.says == before.says


# A step with more than one mistake in it: the task, pieces, what is said, and its hint.
STEPS = {
    "a slope": (
        "sigmoid_backward",
        (SLOPE, "slope = np.exp(-1) / np.exp(cache) ** 2\ndx = dout * slope"),
        "dx would be right if `slope`, line 151 of layer.py, were the sigmoid's slope",
        "Where the output is 0.5 it is 1/4",
    ),
    "a part of a line": (
        "network_forward",
        ("h, cache_sigmoid = sigmoid_forward(z)", "h, cache_sigmoid = np.sin(z * z), z"),
        "y_hat would be right if `np.sin(z * z)`, line 70 of two_layer_net.py, were the sigmoid's",
        "with nothing before or after",
    ),
    "a loop": (
        "affine_forward",
        (
            OUT,
            "sums = np.zeros((len(x), len(b)))\nfor n, row in enumerate(samples):\n"
            "    sums[n] = np.cos(row * row) @ np.sin(w)\nout = sums + b",
        ),
        "out would be right if `sums`, line 52 of layer.py, were the weighted sums x·w",
        "before b is added",
    ),
    "the gradient on its way": (
        "network_backward",
        (DZ, "dz = np.cos(dh * dh)"),
        "W1 and b1 would be right if `dz`, line 98 of two_layer_net.py, were the gradient of what "
        "goes into the sigmoid, ∂L/∂z",
        "times the sigmoid's slope",
    ),
}


def test_no_count_is_put_in_the_place_of_an_array():
    """It would be right by chance: the number of samples undoes a division by it."""
    text = (
        "def f(x, y):\n    n, _ = x.shape\n    m, one = len(y), 1.0\n    z = g(x) * y\n"
        "    return z / n\n"
    )
    for change, code in changes(text, ["f"]):
        if change.piece in ("g(x) * y", "g(x)") and change.kind in ("name", "function"):
            names = {"g": np.exp}
            exec(code, names)
            with contextlib.suppress(UnboundLocalError):  # z is not there yet
                assert np.shape(names["f"](np.ones((3, 2)), np.ones((3, 2)))) == (3, 2), change


def test_of_pieces_that_look_the_same_it_is_told_which():
    """For who reads only the first of them, the sentence would be false."""
    slope = (SLOPE, "dx = dout * cache * (np.ones(len(cache)) - cache)")
    _, verdict = traced("sigmoid_backward", slope)
    assert "transpose of `cache`, the second in line 151 of layer.py" in verdict.says, verdict.says


@pytest.mark.parametrize("nth", [-1, 0, 9, 10**9])
def test_no_count_that_is_sent_does_harm(nth):
    check, student = CHECKS["affine_forward"], student_code.submission((OUT, f"{OUT} * b"))
    forged = lambda *_: iter([(("order", 3, "a", nth), student_code.submission())])  # noqa: E731
    verdict = check.run(student, rounds=1)
    says = check.traced(verdict, replace(student, changed=forged)).says
    assert "in another order, line 3 of layer.py" in says


def test_a_layer_whose_forward_is_right_is_not_mended_there():
    """With the samples as rows in its cache, the backward pass would be right as well."""
    dx = ("dx = (dout @ w.T).reshape(x.shape)", "dx = dout @ w.T")
    _, verdict = traced("affine_backward", dx, (DW, "dw = np.dot(x.T, dout)"))
    lines = [int(line) for line in re.findall(r"line (\d+)", verdict.says)]
    assert lines and min(lines) > student_code.sources()[0].split("def affine_backward")[0].count(
        "\n"
    ), verdict.says


@pytest.mark.parametrize("step", STEPS)
def test_a_step_with_several_mistakes_is_told_by_its_line_and_by_what_it_should_be(step, referee):
    task, (old, new), told, hint = STEPS[step]
    _, verdict = traced(task, (old, new))
    assert f"; {told}" in verdict.says and verdict.cause == "one_change", verdict.says
    assert hint in verdict.hint
    layer, net = student_code.sources((old, new))
    handin = HandIn({LAYER: layer.encode(), NET: net.encode()})
    assert told in referee.judge(handin, SEED).verdicts[task].says


def test_a_change_of_the_code_says_more_than_a_step():
    _, verdict = traced("network_backward", (DZ, f"{DZ}\ndz = dz * np.cos(dh)"))
    assert "W1 and b1 would be right without" in verdict.says


def test_no_step_is_told_that_makes_wrong_what_was_right():
    """In the place of dh and of what is made of it, for it gives W2 as well."""
    _, verdict = traced(
        "network_backward",
        (DZ, "dh = np.cos(dh * dh)\ndW2 = dW2 + 0 * dh[0, 0]\ndz = np.sin(dh) * np.cos(dh)"),
    )
    assert "`dz`" in verdict.says, verdict.says


def test_the_steps_of_a_function_come_as_they_are_computed():
    text = (
        "def g(a):\n    return a * 2\n\n"
        "def f(x, w):\n    for row in x:\n        y[row] = row @ w\n    z, self.v = g(y), w\n"
        "    z += np.exp(-z)\n    return z\n"
    )
    seen = [(change.line, change.piece) for change, _ in steps(text, ["f"])]
    assert seen == [
        (2, "a"), (2, "a * 2"),
        (6, "row"), (6, "w"), (6, "y"), (5, "y"),
        (7, "y"), (7, "g(y)"), (7, "w"), (7, "z"), (7, "self.v"),
        (8, "z"), (8, "-z"), (8, "np.exp(-z)"), (8, "z"),
        (9, "z"),
    ]  # fmt: skip


def test_what_a_rule_explains_is_not_looked_for(monkeypatch):
    """That costs nothing then: neither the right answer nor a mistake with a name of its own."""
    monkeypatch.setattr("exercise_code.tests.checking.trace", None)
    for pieces in ([], [(OUT, "out = samples @ w")], [(OUT, "out = samples @ w - b")]):
        traced("affine_forward", *pieces)


def test_a_change_that_never_ends_ends_the_search_and_not_the_check(monkeypatch):
    monkeypatch.setattr(tracing, "SECONDS", 0.3)
    endless = (
        "step, n = 1, 0\nfor _ in iter(int, 1):\n    n = n + step\n    if n > 5:\n        break\n"
        "out = samples @ w * b * n"
    )
    check, student = CHECKS["affine_forward"], student_code.submission((OUT, endless))
    verdict = check.run(student, rounds=1)
    assert check.traced(verdict, student, seconds=0.3) == verdict


def test_a_change_counts_only_if_it_makes_nothing_wrong_that_was_right():
    wrong = "dx = dx + 1\ndw = samples.T @ (dout + (dx - 1) @ w)\ndx = dx - 1"
    _, verdict = traced("affine_backward", (DW, wrong))
    assert "dw would be right without `+ (dx - 1) @ w`" in verdict.says


HOSTILE = {
    "of an unknown kind": ("fine", 3, "a", 0),
    "with a line of another kind": ("order", "3", "a", 0),
    "with too few": ("order", 3, "a"),
    "no list": "order",
}


@pytest.mark.parametrize("change", HOSTILE.values(), ids=HOSTILE)
def test_what_a_process_invents_as_a_change_is_not_told(change, monkeypatch):
    connection = WorkerConnection.__new__(WorkerConnection)
    monkeypatch.setattr(connection, "ask", lambda *_, **__: ({"change": change}, []), raising=False)
    told = connection.change(LAYER, ["affine_forward"], None)
    assert told is None or told[0] not in tracing.WORDS


@pytest.mark.parametrize(
    "error",
    [OSError("gone"), SyntaxError("no"), RecursionError(), MemoryError(), StudentError("NoAnswer")],
    ids=lambda error: type(error).__name__,
)
def test_a_verdict_stands_when_its_code_cannot_be_taken_apart(error):
    def changed(*_):
        raise error
        yield

    check, student = (
        CHECKS["affine_forward"],
        student_code.submission((OUT, "out = samples @ w * b")),
    )
    verdict = check.run(student, rounds=1)
    assert check.traced(verdict, replace(student, changed=changed)) == verdict


def test_a_function_that_could_run_for_ever_is_left_alone():
    assert not list(changes("def f(x):\n    while x:\n        x = x - 1\n    return x\n", ["f"]))


def test_the_changes_of_a_long_function_are_bounded():
    names = "".join(f"    v{n} = x * {n}\n" for n in range(400))
    text = f"def f(x):\n{names}    return {' + '.join(f'v{n}' for n in range(400))}\n"
    with mock.patch.object(changing, "compiled", lambda *_: True):
        assert sum(1 for _ in changes(text, ["f"])) == changing.MOST


def test_a_piece_is_one_short_line_whoever_sends_it():
    check, student = (
        CHECKS["affine_forward"],
        student_code.submission((OUT, "out = samples @ w * b")),
    )
    verdict = check.run(student, rounds=1)
    forged = ("order", 3, "\x1b[2J\n" + "x" * 10_000)
    right = student_code.submission()
    student = replace(student, changed=lambda *_: iter([(forged, right)]))
    says = check.traced(verdict, student).says
    assert says.isprintable() and len(says) < 500


def test_the_file_stays_as_it_is_and_what_is_no_python_is_not_changed():
    with pytest.raises(SyntaxError):
        list(changes("def f(:", ["f"]))
    assert list(changes("def f(x):\n    return x", ["g"])) == []


def test_a_changed_function_is_as_it_was_after_each_change():
    """One tree is changed over and over: what is left of a change would be in the next."""
    text = "def f(x, y):\n    z = x * y - 1\n    return z + x, y\n"
    seen = [(change, _results(code)) for change, code in changes(text, ["f"])]
    again = [(change, _results(code)) for change, code in changes(text, ["f"])]
    assert seen == again and len(seen) > 50
    alone = {
        change: results
        for line in (2, 3)
        for change, results in ((c, _results(code)) for c, code in changes(text, ["f"], line))
    }
    assert {change: results for change, results in seen} == alone


def _results(code):
    names = {}
    exec(code, names)
    try:
        return names["f"](2.0, 3.0)
    except Exception as error:
        return type(error)


def test_most_single_mistakes_of_a_machine_are_found_in_their_line():
    assert located.main(["--seed", "2", "--jobs", "1", "--part", "0.01"]) == 0
