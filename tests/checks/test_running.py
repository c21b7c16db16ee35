"""How a check behaves beside its judgement: what it prints, catches, reloads and refuses."""

# ruff: noqa: E501 - a piece of source is read best in one line

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tracemalloc
import warnings
from pathlib import Path

import numpy as np
import pytest
from support.student_code import sources, submission

from exercise_code.tests import CHECKS, StudentError, Submission, check, check_all
from exercise_code.tests.calling import LINES_SHOWN, Calls, Output
from exercise_code.tests.causes import CAUSES
from exercise_code.tests.compare import Case, Expected, Wrong, require_right
from exercise_code.tests.verdict import WIDTH

OUT = "out = samples @ w + b"
SIGMOID = "out = 1.0 / (1.0 + np.exp(-x))"
DX = "dx = (dout @ w.T).reshape(x.shape)"
LAYER, NET = "exercise_code/networks/layer.py", "exercise_code/networks/two_layer_net.py"


@pytest.fixture
def folder(root, tmp_path) -> Path:
    """A hand-in with the reference."""
    shutil.copytree(
        root / "exercise_code",
        tmp_path / "exercise_code",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    write(tmp_path)
    return tmp_path


def write(folder, *replacements):
    """Puts the reference, with pieces replaced, into a hand-in."""
    for name, text in zip((LAYER, NET), sources(*replacements), strict=True):
        (folder / name).write_text(text, encoding="utf-8")


def python(folder, *arguments, **options):
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        text=True,
        capture_output=True,
        encoding="utf-8",
        **options,
    )


def verdicts_in(folder, code="", tasks=tuple(CHECKS)):
    """The verdicts on a hand-in as dicts, by task, from a process of its own."""
    run = python(
        folder,
        "-c",
        "import json\n"
        "from exercise_code.tests import CHECKS, Submission\n"
        + code
        + "\nsubmission = Submission.from_package()\n"
        f"print(json.dumps([CHECKS[t].run(submission).to_dict() for t in {list(tasks)}]))",
    )
    assert run.stderr == "", run.stderr
    return {verdict["name"]: verdict for verdict in json.loads(run.stdout)}


def causes_in(folder, **options):
    return {task: verdict["cause"] for task, verdict in verdicts_in(folder, **options).items()}


# The table and the command


def test_table_says_how_many_public_checks_passed_and_that_hidden_ones_follow(folder):
    run = python(folder, "-m", "exercise_code.tests")
    assert (run.returncode, run.stderr) == (0, "")
    assert "Public checks: 6 of 6 passed. Hidden checks run after hand-in." in run.stdout
    assert "100 of 100 points" in run.stdout
    assert run.stdout.count("✓ pass  ") == 6


def test_untouched_hand_out_reads_not_implemented_yet_and_exits_with_1(root, tmp_path):
    shutil.copytree(root / "exercise_code", tmp_path / "exercise_code")
    run = python(tmp_path, "-m", "exercise_code.tests")
    assert (run.returncode, run.stderr) == (1, "")
    assert run.stdout.count("Not implemented yet: ") == 6
    assert "Traceback" not in run.stdout and "Error" not in run.stdout
    assert set(causes_in(tmp_path).values()) == {"not_implemented"}


def test_command_checks_only_the_tasks_named(folder):
    run = python(folder, "-m", "exercise_code.tests", "sigmoid_forward", "affine_forward")
    assert "Public checks: 2 of 2 passed." in run.stdout and run.returncode == 0
    assert run.stdout.index("sigmoid_forward") < run.stdout.index("affine_forward")


def test_command_refuses_a_name_that_is_no_task_before_it_runs_anything(folder):
    run = python(folder, "-m", "exercise_code.tests", "affine_forward", "affine")
    assert (run.returncode, run.stderr) == (2, "")
    assert run.stdout.startswith("There is no task 'affine'; the tasks are affine_forward,")
    assert run.stdout.count("\n") == 1


def test_command_explains_itself(folder):
    run = python(folder, "-m", "exercise_code.tests", "--help")
    assert run.returncode == 0 and "network_backward" in run.stdout


def test_wrong_name_is_one_sentence_that_lists_the_tasks():
    for name in ("affine", None, ["affine_forward"]):
        with pytest.raises(ValueError) as caught:
            check(name)
        assert all(task in str(caught.value) for task in CHECKS)


def test_terminal_without_our_signs_gets_the_words(folder):
    run = python(
        folder,
        "-m",
        "exercise_code.tests",
        env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C"},
    )
    assert (run.returncode, run.stderr) == (0, "") and "pass  affine_forward" in run.stdout


def test_what_is_printed_is_at_most_80_columns_wide_and_without_colours(folder, monkeypatch):
    write(
        folder,
        (OUT, "out = np.zeros((len(x), 2)); print('\\x1b[31mred', 'long ' * 100)"),
        (SIGMOID, "raise ValueError('words ' * 100)"),
    )
    run = python(folder, "-m", "exercise_code.tests")
    assert max(map(len, run.stdout.splitlines())) <= WIDTH
    assert "\x1b" not in run.stdout


# The verdict


def test_points_are_a_plain_float_as_nbgrader_wants_it(capsys):
    verdict = CHECKS["affine_forward"].run(submission())
    assert type(float(verdict)) is float and float(verdict) == 10.0
    assert float(CHECKS["affine_forward"].run(submission((OUT, "out = b")))) == 0.0


def test_points_are_those_of_the_manifest(root):
    import tomllib

    tasks = tomllib.loads((root / "course.toml").read_text("utf-8"))["task"]
    assert [(t["name"], t["points"], t["file"], t["function"]) for t in tasks] == [
        (c.name, c.points, c.file, c.function) for c in CHECKS.values()
    ]


def test_verdict_as_a_dict_is_json():
    for student in (submission(), submission((OUT, "out = samples @ w"))):
        for one in CHECKS.values():
            verdict = one.run(student, rounds=1)
            read = json.loads(json.dumps(verdict.to_dict()))
            assert read == verdict.to_dict()
            assert list(read) == ["name", "points", "max_points", "passed", "says", "cause", "hint"]
            assert (read["cause"] is None) == read["passed"]


def test_failed_verdict_names_the_array_the_numbers_and_the_likely_cause():
    verdict = CHECKS["affine_backward"].run(
        submission(("db = dout.sum(axis=0)", "db = dout.mean(axis=0)"))
    )
    assert re.match(
        r"db is (\d) times too small everywhere: it looks averaged over the batch "
        r"of \1 \(largest error [\d.]+ at db\[\d\]: -?[\d.]+ instead of -?[\d.]+\)\.$",
        verdict.says,
    )
    assert verdict.hint == "The loss already divides by N; a layer passes gradients on undivided."
    assert str(verdict).startswith("✗ fail  affine_backward   db is ")
    assert verdict.array == "db" and verdict.got.shape == verdict.wanted.shape


def test_failed_shape_names_both_shapes():
    verdict = CHECKS["affine_backward"].run(
        submission(("db = dout.sum(axis=0)", "db = dout.sum(axis=0, keepdims=True)"))
    )
    assert re.search(r"shape \(1, \d\), wanted \(\d,\)", verdict.says)


def test_overflow_warning_with_the_right_value_is_no_error(capfd):
    plain = (
        'with np.errstate(over="ignore"):  # exp overflows to infinity, and 1 / infinity is '
        "the right 0\n        ",
        "",
    )
    verdict = CHECKS["sigmoid_forward"].run(submission(plain))
    assert verdict.passed and "overflow" in verdict.says and "right value" in verdict.says
    for task in ("network_forward", "network_backward"):  # it was said where it arises
        verdict = CHECKS[task].run(submission(plain))
        assert verdict.passed and "overflow" not in verdict.says
    assert not CHECKS["sigmoid_forward"].run(submission()).says.count("overflow")
    assert capfd.readouterr() == ("", "")


def test_own_exception_shows_the_one_line_that_raised_it(folder):
    write(
        folder,
        (OUT, "out = helper(w, samples)\nout = out + b"),
        (
            "import numpy as np\n\n\ndef affine_forward",
            "import numpy as np\n\n\ndef helper(a, b):\n    return np.dot(a, b)\n\n\n"
            "def affine_forward",
        ),
    )
    verdict = verdicts_in(folder)["affine_forward"]
    assert re.search(
        r"affine_forward raised ValueError: .*\(layer.py, line \d+: "
        r"return np.dot\(a, b\)\)\.$",
        verdict["says"],
    )
    assert "Traceback" not in verdict["says"] and verdict["cause"] == "exception"


def test_exception_in_the_special_case_alone_names_the_case():
    verdict = CHECKS["affine_forward"].run(submission((OUT, "out = x @ w + b")))
    assert verdict.cause == "not_flattened" and verdict.says.startswith("For x of shape (")


BUFFERS = {
    "affine_forward": (OUT, f"{OUT}\nout = out.astype(x.dtype)"),
    "affine_backward": (DX, f"{DX}\ndx = dx.astype(x.dtype)"),
    "sigmoid_forward": (SIGMOID, "out = np.zeros_like(x)\nout += 1.0 / (1.0 + np.exp(-x))"),
}


@pytest.mark.parametrize("task", BUFFERS)
def test_integers_that_nobody_announced_cost_no_points_and_are_told(task):
    student = submission(BUFFERS[task])
    for name, one in CHECKS.items():
        verdict = one.run(student)
        assert verdict.passed and verdict.cause is None and verdict.hint == "", str(verdict)
        builds_on_it = name.startswith("network") and task == "affine_forward"
        assert ("One remark, at no cost. " in verdict.says) == (name == task or builds_on_it)
    says = CHECKS[task].run(student).says
    assert "For integers in x: " in says and says.endswith("what is behind the point.")


def test_a_call_on_integers_that_never_ends_costs_no_points():
    slow = submission((OUT, f"while x.dtype.kind == 'i': pass\n{OUT}"))
    verdict = CHECKS["affine_forward"].run(slow, seconds=0.5)
    assert verdict.passed and "affine_forward did not end" in verdict.says


PLACEHOLDER = 'raise NotImplementedError("affine_forward: compute out")'


@pytest.mark.parametrize("text", [f"{OUT}\n{PLACEHOLDER}", f"{PLACEHOLDER}\n{OUT}"])
def test_code_beside_the_placeholder_is_told_to_lose_the_placeholder(text):
    verdict = CHECKS["affine_forward"].run(submission((OUT, text)))
    assert verdict.cause == "placeholder_left"
    assert (
        "affine_forward has code, and the placeholder still raises (layer.py, line" in verdict.says
    )
    assert "Delete the lines" in verdict.hint


@pytest.mark.parametrize(
    ("task", "old", "new", "says", "hint"),
    [
        ("affine_forward", OUT, "out = x.reshape(len(x), np.product(x.shape[1:])) @ w + b",
         "no attribute 'product'", "Write np.prod in its place."),
        ("affine_forward", "cache = (x, w, b)", "kept = (x, w, b)",
         "name 'cache' is not defined", "The return line needs a name cache."),
        ("network_backward", 'grads = {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}',
         'self.grads = {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}',
         "name 'grads' is not defined", "collect the four gradients in it"),
        ("sigmoid_backward", "dx = dout * cache * (1.0 - cache)", "dx = dout @ (cache * (1.0 - cache))",
         "mismatch in its core dimension", "use *, not @"),
        ("affine_backward", "db = dout.sum(axis=0)", "db = np.sum(dout)",
         "db is added up over batch and outputs (a single number, wanted is shape (3,))",
         "Add up over the batch alone"),
        ("affine_backward", "db = dout.sum(axis=0)", "db = None", "db is None", "in place of the None"),
        ("network_backward", 'dh, dW2, db2 = affine_backward(dy, self.cache["affine2"])',
         'dW2, dh, db2 = affine_backward(dy, self.cache["affine2"])',
         '(two_layer_net.py, line 98: dz = sigmoid_backward(dh, self.cache["sigmoid"]); then layer.py, '
         "line 1", ""),
    ],
)  # fmt: skip
def test_the_hint_mends_what_the_sentence_tells(task, old, new, says, hint):
    verdict = CHECKS[task].run(submission((old, new)))
    assert says in verdict.says, verdict.says
    assert hint in verdict.hint, verdict.hint


def test_a_file_in_utf_16_is_told_by_its_encoding(folder):
    text = (folder / LAYER).read_text("utf-8")
    (folder / LAYER).write_text(text, encoding="utf-16")
    for task, verdict in verdicts_in(folder).items():
        assert verdict["cause"] == "not_text", task
        assert "exercise_code/networks/layer.py is not saved as UTF-8" in verdict["says"]


def test_a_syntax_error_is_told_once_and_not_six_times(folder):
    text = (folder / LAYER).read_text("utf-8")
    (folder / LAYER).write_text(text.replace("return out, cache", "return (out, cache", 1), "utf-8")
    printed = python(folder, "-m", "exercise_code.tests").stdout
    assert printed.count("is not valid Python") == 1
    assert printed.count("As for affine_forward.") == 5


def check_in(folder, task, **environment):
    """What ``check(task)`` prints in each state of layer.py, all in one process."""
    return python(folder, "-c", f"from exercise_code.tests import check; check({task!r})",
                  env=os.environ | environment)  # fmt: skip


def test_validating_shows_the_verdict_of_a_failed_check_and_nothing_else(root, tmp_path):
    shutil.copytree(root / "exercise_code", tmp_path / "exercise_code")
    assert check_in(tmp_path, "affine_forward").returncode == 0
    run = check_in(tmp_path, "affine_forward", NBGRADER_EXECUTION="validate")
    assert run.returncode == 1 and "Not implemented yet: affine_forward" in run.stderr


def test_a_second_hint_comes_after_a_second_attempt_only(folder):
    code = f"""
from exercise_code.tests import CHECKS, check
path = {LAYER!r}
right = open(path, encoding="utf-8").read()

def attempt(db):
    open(path, "w", encoding="utf-8").write(right.replace("db = dout.sum(axis=0)", db))
    print("attempt", db)
    check("affine_backward", rounds=1)

attempt("db = dout")
attempt("db = dout  # a remark")
attempt("db = dout.sum()")
attempt("db = dout.sum(axis=0)")
"""
    first, same, other, right = python(folder, "-c", code).stdout.split("attempt ")[1:]
    assert "A second hint." not in first and "A second hint." not in same
    assert "A second hint. The shapes leave one way for each." in other
    assert "✓ pass" in right and "product with the transpose" in " ".join(right.split())


# Whose fault it is

UNFLATTENED = (OUT, "out = x @ w + b\nsamples = x.reshape(len(x), -1)")
DB = "db = dout.sum(axis=0)"
BACK = 'grads = {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}'
FORTH = 'y_hat, cache_affine2 = affine_forward(h, self.params["W2"], self.params["b2"])'


@pytest.mark.parametrize(
    ("old", "new", "cause"),
    [
        (DB, "db = dout.sum(axis=1)", "affine_backward"),
        (DB, "db = dout.mean(axis=0)", "affine_backward"),
        (DB, "db = dout", "affine_backward"),
        (BACK, f"{BACK}\ngrads['W1'] += self.params['W1']", "weight_decay"),
        (BACK, f"{BACK}\ngrads['b1'] = db1[None]", "bias_shape"),
        (BACK, f"{BACK}\ngrads['W2'] = dW2 / len(dy)", "divided_by_n"),
        (BACK, f"{BACK}\ngrads['W1'], grads['W2'] = dW2, dW1", "wrong_order"),
        ('self.cache["affine1"])', 'self.cache["affine1"]) if self.cache.pop("sigmoid") is None '
         'else affine_backward(dz, self.cache["affine1"])', "emptied_cache"),
        (FORTH, f"{FORTH}\ny_hat = y_hat * 2", "extra_factor_two"),
        (FORTH, f"{FORTH}\ny_hat = y_hat - self.params['b2']", "bias_forgotten"),
    ],
)  # fmt: skip
def test_a_layer_is_blamed_only_if_it_is_wrong_on_what_the_net_hands_to_it(old, new, cause):
    """Samples of a net are flat: a layer that does not flatten is wrong, and innocent here."""
    student = submission(UNFLATTENED, (old, new))
    assert CHECKS["affine_forward"].run(student).cause == "not_flattened"
    task = "network_forward" if old == FORTH else "network_backward"
    verdict = CHECKS[task].run(student)
    if cause == "affine_backward":
        assert verdict.cause == "layer_wrong", str(verdict)
        assert verdict.says.startswith("affine_backward is wrong on what the net hands to it: db ")
    else:
        assert verdict.cause == cause, str(verdict)


# What student code does beside its job


def test_nothing_reaches_stderr_whatever_student_code_does(folder):
    write(
        folder,
        (
            "import numpy as np\n\n\ndef affine_forward",
            "import sys, warnings, logging\nimport numpy as np\n\nprint('at import', file=sys.stderr)"
            "\nwarnings.warn('at import')\nx = '\\d'\n\n\ndef affine_forward",
        ),
        (
            OUT,
            f"{OUT}\nprint('out', file=sys.stderr)\nlogging.warning('logged')\n"
            "np.log(np.zeros(1))\nwarnings.warn('old', DeprecationWarning)",
        ),
    )
    run = python(folder, "-W", "always", "-m", "exercise_code.tests")
    assert (run.returncode, run.stderr) == (0, "")
    assert "| at import" in run.stdout and "| out" in run.stdout


def test_prints_are_shown_up_to_20_lines_and_counted_beyond():
    noisy = submission((OUT, f"for i in range(100): print('line', i)\n{OUT}"))
    verdict = CHECKS["affine_forward"].run(noisy, rounds=1)
    assert verdict.passed
    assert verdict.printed == tuple(f"line {i}" for i in range(LINES_SHOWN))
    calls = (verdict.printed_more + LINES_SHOWN) / 100
    assert calls == int(calls)
    assert f"… and {verdict.printed_more:,} more lines" in str(verdict)


def test_one_endless_line_is_not_kept():
    output = Output()
    tracemalloc.start()
    for _ in range(1000):
        output.write("x" * 1000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100_000
    output.write("\nnext")
    output.finish()
    assert len(output.lines) == 2 and len(output.lines[0]) < 2000 and output.lines[1] == "next"


def test_stdout_is_silent_while_a_judge_runs(capfd):
    CHECKS["affine_forward"].run(submission((OUT, f"print('inside')\n{OUT}")))
    assert capfd.readouterr() == ("", "")


def test_endless_loop_ends_with_a_verdict():
    endless = submission((OUT, "while True:\n    pass"))
    verdict = CHECKS["affine_forward"].run(endless, seconds=0.2)
    assert verdict.cause == "time_limit" and "line" in verdict.says and verdict.points == 0
    backward = CHECKS["affine_backward"].run(endless, seconds=0.2)
    assert backward.cause in ("time_limit", None)


def test_endless_loop_that_swallows_exceptions_ends_too():
    swallowing = submission(
        (OUT, f"try:\n    while True:\n        pass\nexcept Exception:\n    {OUT}")
    )
    assert CHECKS["affine_forward"].run(swallowing, seconds=0.2).cause == "time_limit"


def test_timer_and_handler_of_others_are_restored():
    import signal

    def mine(*_):
        pass

    before = signal.signal(signal.SIGALRM, mine)
    signal.setitimer(signal.ITIMER_REAL, 1000)
    try:
        CHECKS["sigmoid_forward"].run(submission(), rounds=1)
        assert signal.getsignal(signal.SIGALRM) is mine
        assert 0 < signal.setitimer(signal.ITIMER_REAL, 0)[0] <= 1000
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("name", ["SIGALRM", "setitimer"])
def test_check_works_where_there_is_no_timer(monkeypatch, name):
    """As on Windows and in a browser."""
    import signal

    before = signal.getsignal(signal.SIGALRM)
    with monkeypatch.context() as patch:
        patch.delattr(signal, name)
        assert CHECKS["sigmoid_forward"].run(submission()).passed
    assert signal.getsignal(signal.SIGALRM) is before


def test_check_works_outside_the_main_thread(capfd):
    import threading

    verdicts = []
    thread = threading.Thread(
        target=lambda: verdicts.append(CHECKS["sigmoid_forward"].run(submission()))
    )
    thread.start()
    thread.join()
    assert verdicts[0].passed and capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "line",
    [
        "exit()",
        "raise SystemExit(0)",
        "quit(1)",
        "recurse()",
        "raise GeneratorExit",
        "raise Exception",
        "raise Rude()",
    ],
)
def test_no_exception_of_a_student_escapes(line):
    rude = submission(
        (OUT, line),
        (
            "import numpy as np\n\n\ndef affine_forward",
            "import numpy as np\n\n\nclass Rude(Exception):\n    def __str__(self):\n"
            "        raise ValueError\n\n\ndef recurse():\n    recurse()\n\n\ndef affine_forward",
        ),
    )
    assert CHECKS["affine_forward"].run(rude).cause == "exception"


def test_interrupt_by_the_person_at_the_keyboard_goes_through():
    with pytest.raises(KeyboardInterrupt):
        CHECKS["affine_forward"].run(submission((OUT, "raise KeyboardInterrupt")))


def test_warnings_filters_and_floating_point_settings_are_left_as_they_were():
    filters, settings = list(warnings.filters), np.geterr()
    CHECKS["sigmoid_forward"].run(submission((SIGMOID, f"np.seterr(all='raise'); {SIGMOID}")))
    assert (warnings.filters, np.geterr()) == (filters, settings)


def test_errors_made_elsewhere_pass_through_unchanged():
    """Stand-ins for another process raise StudentError themselves."""
    told = StudentError("NoAnswer", "the process ended")

    def dead(*_):
        raise told

    student = Submission(dead, dead, dead, dead, dead)
    for one in CHECKS.values():
        verdict = one.run(student)
        assert verdict.cause == "no_answer" and "the process ended" in verdict.says


def test_layers_may_be_missing_when_the_net_needs_none():
    reference = submission()
    student = Submission(None, None, None, None, reference.TwoLayerNet)
    assert CHECKS["network_backward"].run(student).passed
    assert not CHECKS["affine_forward"].run(student).passed


def test_judge_never_looks_into_a_cache():
    """A cache that cannot be looked at, as one that stays in another process."""
    reference, kept = submission(), []

    class Handle:
        __slots__ = ("number",)

        def __getattribute__(self, name):
            raise AssertionError("a cache was looked at")

    def forward(function):
        def run(*inputs):
            out, cache = function(*inputs)
            handle = Handle()
            kept.append((handle, cache))
            return out, handle

        return run

    def backward(function):
        def run(dout, cache):
            return function(dout, next((c for h, c in kept if h is cache), cache))

        return run

    student = Submission(
        forward(reference.affine_forward),
        backward(reference.affine_backward),
        forward(reference.sigmoid_forward),
        backward(reference.sigmoid_backward),
        reference.TwoLayerNet,
    )
    assert all(one.run(student).passed for one in CHECKS.values())


def test_broken_expectations_are_not_the_students_fault():
    wrong = Expected("dx", np.ones(3), central=np.zeros(3))
    with pytest.raises(RuntimeError, match="not your fault"):
        require_right([np.ones(3)], [wrong], Case())


def test_answers_that_run_code_when_they_are_touched_are_refused():
    class Array(np.ndarray):
        def __array_ufunc__(self, *_, **__):
            raise AssertionError("code of an answer was run")

    class Pretender:
        def __array__(self, *_, **__):
            raise AssertionError("code of an answer was run")

        __eq__ = __len__ = __iter__ = __array__

    for answer in (np.ones(3).view(Array), Pretender()):
        with pytest.raises(Wrong) as caught:
            require_right([answer], [Expected("dx", np.ones(3))], Case())
        assert caught.value.cause == "wrong_type"


# The files


def test_missing_file_is_named(folder):
    (folder / LAYER).unlink()
    verdicts = verdicts_in(folder)
    assert {v["cause"] for v in verdicts.values()} == {"missing_file"}
    assert verdicts["affine_forward"]["says"].startswith(f"{LAYER} is not in the hand-in")
    assert verdicts["network_forward"]["says"].startswith(f"{LAYER} is not in the hand-in")


def test_missing_net_leaves_the_layers_their_points(folder):
    (folder / NET).unlink()
    causes = causes_in(folder)
    assert causes["network_forward"] == causes["network_backward"] == "missing_file"
    assert causes["affine_backward"] is None


def test_syntax_error_shows_file_line_and_text(folder):
    write(folder, (OUT, "out = samples @@ w"))
    verdicts = verdicts_in(folder)
    assert {v["cause"] for v in verdicts.values()} == {"syntax_error"}
    assert re.search(
        rf"{LAYER} is not valid Python 3\.11: .*line \d+: out = samples @@ w",
        verdicts["affine_forward"]["says"],
    )


@pytest.mark.parametrize("text", [b"def f(:\n", b"\xff\xfe", b"x = 1\x00", b"  x = 1\n y = 2\n"])
def test_file_that_is_no_python_is_told_so(folder, text):
    (folder / NET).write_bytes(text)
    verdict = verdicts_in(folder, tasks=["network_forward"])["network_forward"]
    assert verdict["cause"] == (
        "syntax_error" if text.strip().isascii() and text[-1] else "not_text"
    )


def test_missing_function_is_named(folder):
    write(folder, ("def sigmoid_backward", "def sigmoid_backwards"))
    verdicts = verdicts_in(folder)
    assert verdicts["sigmoid_backward"]["cause"] == "missing_function"
    assert "sigmoid_backward is not defined in" in verdicts["sigmoid_backward"]["says"]
    assert verdicts["sigmoid_forward"]["passed"]
    assert verdicts["network_forward"]["cause"] == "missing_function"


def test_missing_method_is_named(folder):
    write(folder, ("def backward(self, dy)", "def back(self, dy)"))
    verdict = verdicts_in(folder)["network_backward"]
    assert verdict["cause"] == "missing_function" and "no method backward" in verdict["says"]


@pytest.mark.parametrize("line", ["undefined_name", "1 / 0", "exit()"])
def test_file_that_fails_while_it_is_imported_is_told_so(folder, line):
    write(
        folder,
        (
            "import numpy as np\n\n\ndef affine_forward",
            f"import numpy as np\n\n{line}\n\n\ndef affine_forward",
        ),
    )
    verdict = verdicts_in(folder)["affine_forward"]
    assert verdict["cause"] == "import_failure" and line in verdict["says"]


def test_endless_loop_at_import_costs_its_time_only_once(folder):
    write(
        folder,
        (
            "import numpy as np\n\n\ndef affine_forward",
            "import numpy as np\n\nopen('attempts', 'a').write('x')\nwhile True: pass\n"
            "\n\ndef affine_forward",
        ),
    )
    hurry = "from exercise_code.tests import Check\nCheck.run.__defaults__ = (None, 1, 0.2)\n"
    assert set(causes_in(folder, code=hurry).values()) == {"time_limit"}
    assert (folder / "attempts").read_text() == "x"


def test_changed_init_is_told_so(folder):
    write(folder, ('"b1": np.zeros(hidden_size)', '"b1": np.zeros((1, hidden_size))'))
    verdict = verdicts_in(folder)["network_forward"]
    assert verdict["cause"] == "wrong_params" and "'b1'" in verdict["says"]


def test_modules_of_another_folder_are_refused(folder, tmp_path_factory):
    other = tmp_path_factory.mktemp("other") / "layer.py"
    shutil.copy(folder / LAYER, other)
    code = (
        "import importlib.util, sys\n"
        f"spec = importlib.util.spec_from_file_location('exercise_code.networks.layer', {str(other)!r})\n"
        "module = importlib.util.module_from_spec(spec)\n"
        "sys.modules[spec.name] = module\nspec.loader.exec_module(module)\n"
    )
    verdict = verdicts_in(folder, code=code)["affine_forward"]
    assert verdict["cause"] == "wrong_package" and str(other) in verdict["says"]


def test_edited_file_is_judged_anew_in_the_same_kernel(folder):
    """Also when the size and the time of the file stay the same, and nobody reloads it."""
    code = f"""
import os
from exercise_code.networks import layer
from exercise_code.networks.two_layer_net import TwoLayerNet
from exercise_code.tests import CHECKS, Submission
path = {LAYER!r}
text, stat = open(path, encoding="utf-8").read(), os.stat(path)
old = layer.affine_forward

def passed():
    s = Submission.from_package()
    return [check.run(s, rounds=1).passed for check in CHECKS.values()]

first = passed()
open(path, "w", encoding="utf-8").write(text.replace("samples @ w + b", "samples @ w - b"))
os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
second = passed()
open(path, "w", encoding="utf-8").write(text)
third = passed()
import exercise_code.networks
assert first == third == [True] * 6, (first, third)
assert second == [False, True, True, True, False, False] or not second[0], second
assert layer.affine_forward is old is exercise_code.networks.layer.affine_forward
assert TwoLayerNet is __import__("sys").modules["exercise_code.networks.two_layer_net"].TwoLayerNet
"""
    run = python(folder, "-c", code)
    assert (run.returncode, run.stderr) == (0, "")


def test_file_that_breaks_after_it_was_imported_is_judged_as_it_is_now(folder):
    code = f"from exercise_code.networks import layer, two_layer_net\nopen({LAYER!r}, 'w').write("
    causes = causes_in(folder, code=code + "'def f(:')")
    assert set(causes.values()) == {"syntax_error"}
    write(folder)
    causes = causes_in(folder, code=f"import os\n{code}'')\nos.remove({LAYER!r})")
    assert set(causes.values()) == {"missing_file"}


def test_net_uses_the_layers_that_are_judged_however_it_imports_them(folder):
    """The notebook still holds an old, wrong layer; the net imports it inside its methods."""
    write(folder, (OUT, "out = samples @ w"))
    code = "from exercise_code.networks import layer, two_layer_net\n"
    fix = (
        f"text = open({LAYER!r}, encoding='utf-8').read().replace('out = samples @ w', {OUT!r})\n"
        f"open({LAYER!r}, 'w', encoding='utf-8').write(text)\n"
    )
    net = folder / NET
    text = net.read_text("utf-8")
    for imports in (
        "from exercise_code.networks.layer import affine_forward",
        "from .layer import affine_forward",
        "from . import layer; affine_forward = layer.affine_forward",
        "import exercise_code.networks.layer as layer; affine_forward = layer.affine_forward",
    ):
        write(folder, (OUT, "out = samples @ w"))
        net.write_text(
            text.replace("z, cache_affine1", f"{imports}\n        z, cache_affine1"), "utf-8"
        )
        assert verdicts_in(folder, code=code + fix)["network_forward"]["passed"], imports


def test_checks_leave_no_module_behind(folder):
    code = (
        "import sys\nfrom exercise_code.tests import check_all\ncheck_all()\n"
        "assert not [m for m in sys.modules if m.endswith(('.layer', '.two_layer_net'))]"
    )
    assert python(folder, "-c", code).returncode == 0


def test_check_and_check_all_judge_the_package_they_stand_in(folder, capsys):
    assert check("affine_forward").cause == "not_implemented"
    verdicts = check_all(np.random.default_rng(1))
    printed = capsys.readouterr()
    assert [v.task for v in verdicts] == list(CHECKS) and printed.err == ""
    assert "Hidden checks" not in printed.out


# What ships


def test_documented_causes_are_those_in_the_code(root):
    text = (root / "docs" / "causes.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (.*?) \|$", text, flags=re.MULTILINE)
    assert rows == [(name, cause.meaning, cause.hint) for name, cause in CAUSES.items()]


def test_unknown_cause_cannot_be_given():
    with pytest.raises(KeyError):
        Wrong("no_such_cause", "something")


def test_checks_need_nothing_but_numpy_and_the_standard_library(folder):
    code = (
        "import sys, numpy\nbefore = set(sys.modules)\nimport exercise_code.tests\n"
        "new = {m.split('.')[0] for m in set(sys.modules) - before}\n"
        "print(*sorted(new - set(sys.stdlib_module_names)))\n"
        "banned = {'threading', 'multiprocessing', 'subprocess', 'concurrent', 'asyncio'}\n"
        "import re, pathlib\n"
        "text = ''.join(p.read_text('utf-8') for p in pathlib.Path('exercise_code/tests').glob('*.py'))\n"
        "assert not banned & set(re.findall(r'^(?:import|from) (\\w+)', text, re.M))"
    )
    run = python(folder, "-c", code)
    assert (run.stdout.split(), run.stderr) == (["exercise_code"], "")


def test_calls_tell_the_line_in_which_time_ran_out():
    calls = Calls(0.1)

    def endless():
        while True:
            pass

    with pytest.raises(StudentError) as caught:
        calls(endless)
    assert caught.value.kind == "TimeLimit" and caught.value.line
    with pytest.raises(StudentError):
        calls(lambda: None)  # the time is used up
