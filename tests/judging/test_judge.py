"""`course judge` and the referee: what is judged, what is not, and what no worker can obtain."""

import json
import os
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from support.handins import COURSE, LAYER, NET, ROOT, course_command, reference
from support.patience import until

from i2dl_course import sandbox
from i2dl_course.errors import CourseError
from i2dl_course.handins.opening import HandIn
from i2dl_course.judging.referee import judge

TASKS = list(COURSE.tasks_by_name)
KEYS = ["score", "max_score", "bonus", "sandbox", "seed", "tasks", "notes"]
TASK_KEYS = ["name", "points", "max_points", "passed", "says", "cause", "hint"]


def points(judgement):
    return {name: verdict.points for name, verdict in judgement.verdicts.items()}


def zip_of(path, files):
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


# --- the command ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def perfect(tmp_path_factory):
    folder = tmp_path_factory.mktemp("perfect") / "exercise_05"
    reference().write(folder)
    return folder


@pytest.fixture(scope="module")
def judged(perfect):
    return course_command("judge", perfect, "--json", "--seed", 7)


def test_json_is_one_object_with_exactly_the_promised_keys(judged):
    assert judged.returncode == 0, judged.stderr
    result = json.loads(judged.stdout)
    assert list(result) == KEYS
    assert [list(task) for task in result["tasks"]] == [TASK_KEYS] * 6
    assert [task["name"] for task in result["tasks"]] == TASKS
    assert [task["max_points"] for task in result["tasks"]] == [10, 15, 10, 15, 25, 25]
    assert (result["score"], result["max_score"], result["bonus"]) == (100.0, 100, True)
    assert (result["seed"], result["sandbox"]) == (7, sandbox.launcher().level)
    for task in result["tasks"]:
        assert isinstance(task["points"], float) and isinstance(task["max_points"], int)
        assert task["passed"] is True and task["cause"] is None
        assert isinstance(task["says"], str) and isinstance(task["hint"], str)


def test_what_a_student_prints_stays_out_of_the_json(tmp_path):
    noisy = (
        "import numpy as np\n",
        "import numpy as np\nimport os, sys\nprint('{')\nos.write(1, b'{')\n"
        "os.write(2, b'{')\nprint('{', file=sys.__stdout__)\nsys.__stderr__.write('{')\n",
    )
    reference(layer=noisy).write(tmp_path / "exercise_05")
    done = course_command("judge", tmp_path, "--json")
    assert json.loads(done.stdout)["score"] == 100.0
    assert done.stderr == ""


def test_the_same_seed_gives_the_same_verdict_to_the_last_character(tmp_path):
    wrong = ("dx = (dout @ w.T).reshape(x.shape)", "dx = dout @ w.T")  # shows in a drawn case only
    reference(layer=wrong).write(tmp_path)
    first, again = (course_command("judge", tmp_path, "--json", "--seed", 3) for _ in range(2))
    other = course_command("judge", tmp_path, "--json", "--seed", 4)
    assert first.stdout == again.stdout
    assert json.loads(first.stdout)["tasks"] != json.loads(other.stdout)["tasks"]


def test_a_seed_is_drawn_and_recorded_when_none_is_given():
    drawn = {judge(HandIn({NET: b""}), COURSE).seed for _ in range(2)}
    assert len(drawn) == 2


def test_the_table_says_pass_and_fail_in_words_within_80_columns(tmp_path):
    wrong = ("db = dout.sum(axis=0)", "db = dout.mean(axis=0)")
    reference(layer=wrong).write(tmp_path)
    table = course_command("judge", tmp_path).stdout
    assert "✓ pass" in table and "✗ fail" in table
    assert "60 of 100 points, no bonus" in table
    assert sandbox.launcher().level in table and "seed" in table
    assert max(map(len, table.splitlines())) <= 80


def no_folder(tmp_path):
    return tmp_path / "nobody"


def empty_folder(tmp_path):
    return tmp_path


def folder_of_other_files(tmp_path):
    (tmp_path / "essay.txt").write_text("hello")
    return tmp_path


def link_to_a_folder(tmp_path):
    (tmp_path / "link").symlink_to(ROOT / "release" / "exercise_05")
    return tmp_path / "link"


def pipe(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    return tmp_path / "pipe"


def zip_without_hand_in(tmp_path):
    return zip_of(tmp_path / "a.zip", {"essay.txt": "hello"})


def empty_zip(tmp_path):
    return zip_of(tmp_path / "a.zip", {})


def text_called_zip(tmp_path):
    (tmp_path / "a.zip").write_text("not a zip")
    return tmp_path / "a.zip"


def truncated_zip(tmp_path):
    path = zip_of(tmp_path / "a.zip", {LAYER: "x = 1\n" * 1000})
    path.write_bytes(path.read_bytes()[:-30])
    return path


def damaged_zip(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(LAYER, "x = 1\n" * 1000)
    data = bytearray((tmp_path / "a.zip").read_bytes())
    data[70:90] = b"\xff" * 20
    (tmp_path / "a.zip").write_bytes(data)
    return tmp_path / "a.zip"


def climbing_zip(tmp_path):
    return zip_of(tmp_path / "a.zip", {LAYER: "", "../../evil.py": "boo"})


def absolute_zip(tmp_path):
    return zip_of(tmp_path / "a.zip", {LAYER: "", "/etc/evil.py": "boo"})


def windows_climbing_zip(tmp_path):
    return zip_of(tmp_path / "a.zip", {LAYER: "", "..\\evil.py": "boo"})


def zip_bomb(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(LAYER, b"#" * (3 << 20))
    return tmp_path / "a.zip"


def zip_with_too_many(tmp_path):
    return zip_of(tmp_path / "a.zip", {LAYER: "", **{f"{n}.txt": "" for n in range(5001)}})


def over_size_file(tmp_path):
    path = tmp_path / LAYER
    path.parent.mkdir(parents=True)
    path.write_bytes(b"#" * (2 << 20))
    return tmp_path


@pytest.mark.filterwarnings("ignore:Duplicate name")
def zip_with_a_file_twice(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(LAYER, "x = 1")
        archive.writestr(LAYER.replace("/", "\\"), "x = 2")
    return tmp_path / "a.zip"


@pytest.mark.parametrize(
    "make",
    [
        no_folder,
        empty_folder,
        folder_of_other_files,
        link_to_a_folder,
        pipe,
        zip_without_hand_in,
        empty_zip,
        text_called_zip,
        truncated_zip,
        damaged_zip,
        climbing_zip,
        absolute_zip,
        windows_climbing_zip,
        zip_bomb,
        zip_with_too_many,
        over_size_file,
        zip_with_a_file_twice,
    ],
    ids=lambda make: make.__name__,
)
def test_what_is_no_submission_is_refused_with_one_sentence(make, tmp_path, capsys, monkeypatch):
    from i2dl_course import cli

    monkeypatch.chdir(ROOT)
    code = cli.main(["judge", str(make(tmp_path)), "--json"])
    shown = capsys.readouterr()
    assert (code, shown.out) == (2, "")
    assert len(shown.err.splitlines()) == 1 and shown.err.startswith("course: ")


def test_no_submission_ends_the_command_with_code_2(tmp_path):
    done = course_command("judge", tmp_path, "--json")
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1


# --- what is taken from a hand-in -------------------------------------------------------------


@pytest.mark.parametrize("prefix", ["", "exercise_05/", "my work/"])
def test_a_zip_is_judged_like_the_folder_it_was_made_from(prefix, tmp_path, monkeypatch, capsys):
    from i2dl_course import cli

    files = {prefix + name: data for name, data in reference().files.items()}
    zip_of(tmp_path / "a.zip", files)
    monkeypatch.chdir(ROOT)
    assert cli.main(["judge", str(tmp_path / "a.zip"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["score"] == 100.0


def test_one_file_alone_is_a_submission_and_the_other_tasks_say_what_is_missing():
    judgement = judge(HandIn({LAYER: reference().files[LAYER]}), COURSE, seed=1)
    assert judgement.score == 50.0
    for name in ("network_forward", "network_backward"):
        verdict = judgement.verdicts[name]
        assert verdict.cause == "missing_file" and NET in verdict.says


def test_a_missing_file_is_not_made_up_for_by_the_stub_or_the_reference():
    judgement = judge(HandIn({"1_TwoLayerNetwork.ipynb": b"{}"}), COURSE, seed=1)
    assert judgement.score == 0.0
    assert {verdict.cause for verdict in judgement.verdicts.values()} == {"missing_file"}


def test_a_link_in_a_hand_in_is_not_followed(tmp_path):
    from i2dl_course.handins.opening import open_handin

    folder = tmp_path / "exercise_05"
    reference().write(folder)
    (folder / LAYER).unlink()
    (folder / LAYER).symlink_to(ROOT / "instructor" / "solution" / LAYER)
    handin = open_handin(folder, COURSE)
    assert LAYER not in handin.files and "link" in handin.refused[LAYER]
    assert judge(handin, COURSE, seed=1).score == 0.0


def test_a_link_in_a_zip_is_not_taken(tmp_path):
    from i2dl_course.handins.opening import open_handin

    info = zipfile.ZipInfo(LAYER)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(info, "/etc/passwd")
        archive.writestr(NET, "")
    handin = open_handin(tmp_path / "a.zip", COURSE)
    assert list(handin.files) == [NET] and "link" in handin.refused[LAYER]


def test_files_that_nobody_asked_for_are_named_and_not_used(tmp_path):
    from i2dl_course.handins.opening import open_handin

    folder = tmp_path / "exercise_05"
    reference().write(folder)
    (folder / "numpy.py").write_text("raise SystemExit")
    (folder / "exercise_code" / "tests").mkdir()
    (folder / "exercise_code" / "tests" / "__init__.py").write_text("raise SystemExit")
    handin = open_handin(folder, COURSE)
    assert set(handin.left_out) == {"numpy.py", "exercise_code/tests/__init__.py"}
    assert set(handin.files) == {LAYER, NET}
    assert judge(handin, COURSE, seed=1).score == 100.0


# --- the worker of an honest or clumsy student ---------------------------------------------------


def test_a_worker_that_ends_costs_its_own_task_and_no_other():
    ends = ("        out = 1.0 / (1.0 + np.exp(-x))\n", "        import os\n        os._exit(0)\n")
    judgement = judge(reference(layer=ends), COURSE, seed=1)
    assert points(judgement) == {
        **dict.fromkeys(TASKS, 0.0),
        "affine_forward": 10.0,
        "affine_backward": 15.0,
    }
    assert judgement.verdicts["sigmoid_forward"].cause == "no_answer"


@pytest.mark.parametrize("body", ["raise SystemExit(0)", "raise KeyboardInterrupt", "1 / 0"])
def test_an_exception_is_shown_by_the_line_of_the_students_code(body):
    wrong = ("    dx = dout * cache * (1.0 - cache)\n", f"    {body}\n")
    verdict = judge(reference(layer=wrong), COURSE, seed=1).verdicts["sigmoid_backward"]
    assert verdict.cause == "exception"
    assert body in verdict.says and "layer.py" in verdict.says


def test_an_endless_loop_exceeds_the_time_limit_of_its_call():
    endless = ("    dx = dout * cache * (1.0 - cache)\n", "    while True:\n        pass\n")
    judgement = judge(reference(layer=endless), COURSE, seed=1, seconds=3)
    assert judgement.verdicts["sigmoid_backward"].cause == "time_limit"
    assert judgement.verdicts["network_backward"].cause == "time_limit"
    assert judgement.score == 60.0


def test_an_input_changed_in_place_is_seen_across_the_wire():
    wrong = ("    out = samples @ w + b\n", "    out = samples @ w + b\n    x += 1\n")
    verdict = judge(reference(layer=wrong), COURSE, seed=1).verdicts["affine_forward"]
    assert verdict.cause == "changed_input"


def test_parameters_changed_by_the_check_reach_the_students_net():
    stale = (
        'affine_forward(X, self.params["W1"], self.params["b1"])',
        'affine_forward(X, *self.__dict__.setdefault("first", '
        '[self.params["W1"].copy(), self.params["b1"].copy()]))',
    )
    assert judge(reference(net=stale), COURSE, seed=1).verdicts["network_forward"].cause == (
        "stale_params"
    )


def test_an_overflow_warning_crosses_the_wire_and_costs_nothing():
    naive = (
        '    with np.errstate(over="ignore"):  # exp overflows to infinity, and 1 / infinity '
        "is the right 0\n        out = 1.0 / (1.0 + np.exp(-x))\n",
        "    out = 1.0 / (1.0 + np.exp(-x))\n",
    )
    judgement = judge(reference(layer=naive), COURSE, seed=1)
    assert judgement.score == 100.0
    assert "overflow" in judgement.verdicts["sigmoid_forward"].says


def told_by_student(expression):
    """What student code finds out in the worker: it raises the value of the expression."""
    wrong = (
        "    samples = x.reshape(x.shape[0], -1)\n    out = samples @ w + b\n",
        f"    import os, sys\n    raise ValueError({expression})\n    out = None\n",
    )
    return judge(reference(layer=wrong), COURSE, seed=1).verdicts["affine_forward"].says


def test_the_worker_gets_no_environment_of_ours(monkeypatch):
    monkeypatch.setenv("SECRET_OF_THE_INSTRUCTOR", "1")
    assert "SECRET" in told_by_student("'SECRET' + str(len(os.environ) < 15)")
    assert "None" in told_by_student("str(os.environ.get('SECRET_OF_THE_INSTRUCTOR'))")


def test_the_worker_cannot_import_the_course_or_its_solution():
    says = told_by_student(
        "str([p for p in sys.path if 'i2dl_course' in ' '.join(os.listdir(p) "
        "if os.path.isdir(p) else [])])"
    )
    assert "[]" in says


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks into /proc")
def test_a_process_that_a_student_starts_does_not_outlive_the_judgement(tmp_path):
    note = tmp_path / "pid"
    forks = (
        "    samples = x.reshape(x.shape[0], -1)\n    out = samples @ w + b\n",
        "    import os, signal\n"
        "    child = os.fork()\n"
        "    if not child:\n        signal.pause()\n"
        f"    open({str(note)!r}, 'w').write(str(child))\n"
        "    samples = x.reshape(x.shape[0], -1)\n    out = samples @ w + b\n",
    )
    judge(reference(layer=forks), COURSE, seed=1)
    if note.exists():  # where the limit on processes holds, there never was one
        state = Path(f"/proc/{note.read_text()}/stat")
        # It is killed already, but may not be scheduled yet; alive, it would wait.
        until(lambda: not state.exists() or state.read_text().rsplit(")")[1].split()[0] in "ZX")


def test_the_hidden_cases_reach_the_worker_as_inputs_only(tmp_path):
    """All that the worker is sent: arrays and names, and no seed, tolerance or expectation."""
    seen = tmp_path / "seen"
    spy = (
        "import numpy as np\n",
        "import numpy as np\nimport sys\n"
        f"open({str(seen)!r}, 'w').write(repr(sys.argv) + repr(sorted(sys.modules)))\n",
    )
    no_walls = sandbox.launcher("none")  # behind walls the spy could not tell us what it sees
    judge(reference(layer=spy), COURSE, seed=987654321, launch=no_walls)
    known = seen.read_text()
    assert "987654321" not in known and "i2dl_course" not in known and "hidden" not in known


# --- workers that lie ----------------------------------------------------------------------------

ROGUE = """
import json, os, struct, sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import numpy, wire
def read(count):
    data = b""
    while len(data) < count:
        part = os.read(0, count - len(data))
        if not part:
            os._exit(0)
        data += part
    return data
def send(header, blobs=()):
    os.write(1, wire.encode(header, blobs))
calls = 0
while True:
    request, blobs = wire.decode(read)
    if request["op"] == "load":
        send({"id": request["id"], "value": ["none"]})
        continue
    calls += 1
    %s
"""

LIES = {
    "garbage": 'os.write(1, b"x" * 1000)',
    "nothing_and_end": "os._exit(0)",
    "half_a_frame": 'os.write(1, wire.encode({"id": request["id"], "value": ["none"]})[:9]); '
    "os._exit(0)",
    "half_a_frame_and_wait": 'os.write(1, b"\\0\\0\\0\\x99{"); read(10**9)',
    "silence": "read(10**9)",
    "the_answer_to_another_call": 'send({"id": "0" * 16, "value": ["none"]})',
    "an_answer_before_it_was_asked": 'send({"id": request["id"], "value": ["none"]}); '
    'send({"id": request["id"], "value": ["none"]})',
    "a_huge_header": 'os.write(1, struct.pack(">I", 2**32 - 1)); read(10**9)',
    "huge_arrays": "h = json.dumps({'wire': 1, 'id': request['id'], 'blobs': [2**40]}).encode(); "
    "os.write(1, struct.pack('>I', len(h)) + h); read(10**9)",
    "a_verdict": 'send({"id": request["id"], "passed": True, "points": 100, "value": ["float", '
    '"inf"]})',
    "an_error_that_is_none": 'send({"id": request["id"], "error": ["fine"]})',
    "an_error_with_objects": 'send({"id": request["id"], "error": {"kind": {}, "line": 10**9}})',
    "changes_that_do_not_fit": 'send({"id": request["id"], "value": ["none"], "changed": '
    '[[99, ["array", 0]]], "params": 7}, [numpy.zeros(3)])',
    "changes_of_another_size": 'send({"id": request["id"], "value": ["none"], "changed": '
    '[[0, ["array", 0]]], "params": [["W1", ["array", 0]]]}, '
    "[numpy.zeros(3)])",
    "nested_deep": 'v = ["none"]\n    for _ in range(500): v = ["list", [v]]\n'
    '    send({"id": request["id"], "value": v})',
    "an_invented_handle": 'send({"id": request["id"], "value": ["handle", 12345]})',
    "not_json": 'os.write(1, struct.pack(">I", 3) + b"{{{")',
}


def rogue(answer):
    """A launcher of a worker that answers every call by the statements `answer`."""

    def launch(argv, folder):
        (folder / "rogue.py").write_text(ROGUE % answer)
        argv = [sys.executable, "-I", "-B", str(folder / "rogue.py")]
        return sandbox.launcher("none")(argv, folder)

    launch.level = "rogue"
    return launch


# The right answer to affine_forward; no other function is asked for before it is judged.
RIGHT = (
    "args = [wire.unpack(a, blobs) for a in request.get('args', [['none']] * 3)]\n"
    "    if request.get('name') != 'affine_forward': os._exit(0)\n"
    "    x, w, b = args\n"
    "    out = x.reshape(len(x), -1) @ w + b\n"
    "    answer = {'value': ['tuple', [['array', 0], ['handle', 1]]], 'id': %s}\n"
)


@pytest.mark.parametrize(
    ("answer", "earned"),
    [
        pytest.param(RIGHT % "request['id']" + "    send(answer, [out])", 10, id="honest"),
        pytest.param(RIGHT % "'0' * 16" + "    send(answer, [out])", 0, id="to_another_call"),
        pytest.param(RIGHT % "None" + "    send(answer, [out])", 0, id="to_no_call"),
        pytest.param(
            RIGHT % "request['id']" + "    send(answer, [out]); send(answer, [out])", 0, id="twice"
        ),
        pytest.param(
            RIGHT % "request['id']" + "    answer['changed'] = [[0, ['array', 1]]]; "
            "send(answer, [out, numpy.zeros(1)])",
            0,
            id="with_changes_that_do_not_fit",
        ),
    ],
)
def test_only_the_one_answer_to_the_call_that_was_asked_counts(answer, earned):
    judgement = judge(reference(), COURSE, seed=1, launch=rogue(answer))
    assert judgement.verdicts["affine_forward"].points == earned
    assert judgement.score == earned


@pytest.mark.parametrize("lie", LIES)
def test_a_worker_that_lies_earns_nothing_and_stops_nobody(lie):
    judgement = judge(reference(), COURSE, seed=1, seconds=0.5, launch=rogue(LIES[lie]))
    assert judgement.score == 0.0
    assert judgement.sandbox == "rogue"
    assert all(verdict.says and verdict.cause for verdict in judgement.verdicts.values())


def test_a_worker_of_ours_that_does_not_start_is_not_a_students_zero():
    def launch(argv, folder):
        return sandbox.launcher("none")([sys.executable, "-c", "raise SystemExit(3)"], folder)

    launch.level = "broken"
    with pytest.raises(CourseError, match="nothing was judged"):
        judge(reference(), COURSE, seed=1, launch=launch)


@pytest.mark.parametrize("level", sandbox.CHOICES)
def test_every_level_judges_alike_and_says_its_name(perfect, level):
    if level != sandbox.NONE and not sandbox.probe(level).works:
        pytest.skip(f"{level} does not work here: {sandbox.probe(level).why_not}")
    done = course_command("judge", perfect, "--json", "--sandbox", level)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert (result["score"], result["sandbox"]) == (100.0, level)


def test_judging_leaves_no_process_behind(perfect):
    before = set(_children())
    judge(reference(), COURSE, seed=1)
    assert set(_children()) <= before


def _children():
    done = subprocess.run(
        ["ps", "-o", "pid=,args=", "--ppid", str(os.getpid())],
        capture_output=True,
        text=True,
        check=False,
    )
    return [line.split()[0] for line in done.stdout.splitlines() if "worker.py" in line]
