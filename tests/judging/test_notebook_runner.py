"""Running a notebook for the feedback: like a kernel for who is honest, and of no use to others."""

import base64
import io
import json
import re
import sys

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook
from PIL import Image
from support.handins import COURSE, reference

from i2dl_course import sandbox
from i2dl_course.errors import CourseError
from i2dl_course.judging.notebook_runner import NOTEBOOK_LIMITS, Runner

SECONDS = 3  # for a cell, where a test waits for it; all others take milliseconds


@pytest.fixture(scope="module")
def launch():
    with sandbox.launcher(limits=NOTEBOOK_LIMITS, threads=True, warm=True) as launch:
        yield launch


@pytest.fixture(scope="module")
def runner(launch):
    with Runner(COURSE, launch) as runner:
        yield runner


@pytest.fixture(scope="module")
def impatient(launch):
    with Runner(COURSE, launch, SECONDS) as runner:
        yield runner


def code(source, graded=None):
    """A code cell of a rebuilt notebook."""
    metadata = {"nbgrader": {"grade": True, "grade_id": graded, "points": 10}} if graded else {}
    return {
        "cell_type": "code",
        "id": f"c{abs(hash(source))}",
        "metadata": metadata,
        "execution_count": None,
        "outputs": [],
        "source": source,
    }


def notebook(*cells):
    cells = [code(cell) if isinstance(cell, str) else cell for cell in cells]
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def run(runner, *cells, files=None):
    """The cells after a run; what comes out is a valid notebook."""
    made = notebook(*cells)
    runner.run(made, reference().files if files is None else files)
    nbformat.validate(nbformat.from_dict(made))
    return made["cells"]


def words(cell):
    """All text of a cell's outputs."""
    texts = []
    for output in cell["outputs"]:
        texts.append(
            output.get("text") or output.get("evalue") or output["data"].get("text/plain", "")
        )
    return "".join(texts)


def pixels(picture):
    """Size and content of a PNG in base64; what else is in the file does not cross."""
    image = Image.open(io.BytesIO(base64.b64decode(picture)))
    return image.size, image.tobytes()


LIKE_A_KERNEL = [
    "print('one'); print('two')\n3",
    "import sys\nprint('to stderr', file=sys.stderr)",
    "_ + 4, Out[1], In[0], __name__",
    "1 / 0",
    "def f(:\n    pass",
    "class Odd(Exception): pass\nraise Odd('a\\nb')",
    "display('shown'); None",
    "import numpy as np\nnp.arange(6).reshape(2, 3)",
    "import warnings\nwarnings.warn('careful')",
    "import asyncio\nawait asyncio.sleep(0)\nawait asyncio.gather(asyncio.sleep(0, 1))",
    "x = 5;\nx;",
    "%time_is_not_a_magic",
    "%%capture held\nprint('hidden')",
    "held.stdout",
    "from concurrent.futures import ThreadPoolExecutor\n"
    "with ThreadPoolExecutor(2) as pool: print(list(pool.map(abs, [-1, -2])))",
    "import matplotlib.pyplot as plt\nplt.figure(figsize=(2, 1)); plt.plot([1, 2])",
    "fig, ax = plt.subplots(figsize=(2, 1))\nplt.show()\nprint('after')",
    "raise SystemExit(3)",
    "print('still there')",
]


def test_a_notebook_prints_and_shows_what_it_does_in_a_kernel(runner, tmp_path):
    ours = run(runner, *LIKE_A_KERNEL)
    stock = new_notebook(cells=[new_code_cell(source) for source in LIKE_A_KERNEL])
    NotebookClient(
        stock,
        kernel_name="python3",
        allow_errors=True,
        resources={"metadata": {"path": str(tmp_path)}},
    ).execute()

    def essence(outputs):
        found = []
        for output in outputs:
            kind = output["output_type"]
            if kind == "stream":
                text = output["text"]
                text = "a warning" if "UserWarning: careful" in text else text
                if found and found[-1][:2] == (kind, output["name"]):  # a kernel may send two
                    text = found.pop()[2] + text
                found.append((kind, output["name"], text))
            elif kind == "error":
                found.append((kind, output["ename"], output["evalue"].partition(" (")[0]))
            else:
                data = output["data"]
                found.append((kind, data["text/plain"].split(" at 0x")[0], data.get("image/png")))
        return found

    for source, cell, other in zip(LIKE_A_KERNEL, ours, stock.cells, strict=True):
        got, want = essence(cell["outputs"]), essence(other.outputs)
        if "SystemExit" in source:  # a warning about exit, which is for a terminal
            got, want = ([one for one in found if one[0] == "error"] for found in (got, want))
        for mine, theirs in zip(got, want, strict=True):
            if theirs[2] and mine[0] in ("display_data", "execute_result"):
                assert pixels(mine[2]) == pixels(theirs[2]), source
            else:
                assert mine == theirs, source
        assert cell["execution_count"] == other.execution_count


def test_a_graded_cell_is_not_run_but_its_imports_are_there_afterwards(runner):
    graded = code("from json import dumps\nprint('ran')\nsecret = 1\nfloat(secret)", "task")
    cell, after = run(runner, graded, "dumps([1]), 'secret' in globals()")
    assert cell["outputs"] == []
    assert words(after) == "('[1]', False)"


def test_a_student_s_own_files_are_what_the_notebook_imports(runner):
    changed = reference(layer=("out = samples @ w + b", "out = samples @ w + b + 7"))
    source = (
        "import numpy as np\nfrom exercise_code.networks.layer import affine_forward\n"
        "print(affine_forward(np.zeros((1, 2)), np.zeros((2, 1)), np.zeros(1))[0])"
    )
    (cell,) = run(runner, source, files=changed.files)
    assert words(cell) == "[[7.]]\n"
    (cell,) = run(runner, source)
    assert words(cell) == "[[0.]]\n", "nothing of the notebook before is left"


def test_only_text_and_pictures_come_out(runner):
    cell, more = run(
        runner,
        "from IPython.display import HTML, Javascript, SVG, display\n"
        "display(HTML('<script>1</script>'), Javascript('1'))\n"
        "HTML('<b>bold</b>')",
        "from IPython import get_ipython\n"
        "get_ipython().display_pub.publish({'text/html': '<script>', 'text/plain': 'plain'})\n"
        "print('\\x1b[31mred\\x1b[0m <script>')",
    )
    assert "script>1" not in json.dumps(cell["outputs"])
    assert "bold" not in json.dumps(cell["outputs"])
    assert "text/html" not in json.dumps(more["outputs"])
    assert words(more) == "plainred <script>\n"


def test_a_cell_that_takes_too_long_says_so_and_the_cells_after_it_are_not_run(impatient):
    before, endless, after, graded = run(
        impatient, "print('before')", "while True: pass", "print('after')", code("1", "task")
    )
    assert words(before) == "before\n"
    assert "took longer than 3 seconds" in words(endless)
    assert words(after).startswith("Not run") and graded["outputs"] == []


def test_a_cell_that_ends_its_process_costs_the_outputs_after_it_only(runner):
    before, ending, after = run(runner, "print('before')", "import os; os._exit(0)", "1")
    assert words(before) == "before\n"
    assert "ended" in words(ending) and words(after).startswith("Not run")


def test_all_cells_together_have_one_time_limit(launch):
    seconds = iter([0, 0, 1, 90, 90])  # begun; left to each cell; and then none
    with Runner(COURSE, launch, clock=lambda: next(seconds, 90)) as runner:
        first, second, third = run(runner, "print(1)", "print(2)", "while True: pass")
    assert words(first) == "1\n" and words(second) == "2\n"
    assert "all cells together" in words(third)


@pytest.mark.parametrize(("lasted", "starts"), [(9, 2), (11, 1)])
def test_a_process_that_ends_late_is_not_started_again(launch, lasted, starts):
    clock = iter([0, 0])
    counted = []

    def counting(*arguments):
        counted.append(arguments)
        return launch(*arguments)

    with Runner(COURSE, counting, clock=lambda: next(clock, lasted)) as runner:
        (cell,) = run(runner, "import os; os._exit(0)")
    assert len(counted) == starts and "ended" in words(cell)


def test_a_process_that_does_not_start_is_not_said_to_have_judged_nothing():
    def broken(argv, folder):
        return sandbox.launcher("none")([sys.executable, "-c", "raise SystemExit(3)"], folder)

    with Runner(COURSE, broken) as runner, pytest.raises(CourseError, match="did not") as caught:
        run(runner, "1")
    assert "judged" not in str(caught.value), "the verdicts of the hand-in stand"


def test_a_loop_that_swallows_every_signal_ends_with_its_time(impatient):
    stubborn = (
        "import signal\nfor n in (signal.SIGINT, signal.SIGTERM): "
        "signal.signal(n, signal.SIG_IGN)\nwhile True: pass"
    )
    cell, after = run(impatient, stubborn, "1")
    assert "took longer" in words(cell) and words(after).startswith("Not run")


def test_a_flood_of_output_is_cut_and_the_notebook_goes_on(runner):
    cell, after = run(runner, "for n in range(10**6): print('x' * 100)", "print('after')")
    assert len(json.dumps(cell)) < 100_000 and "…" in words(cell)
    assert words(after) == "after\n"


@pytest.mark.parametrize(
    "attack",
    [
        "get_ipython().recorder = None",
        "get_ipython().recorder.outputs = [1, {'output_type': 'stream'}, {'output_type': []}]",
        "get_ipython().recorder.pictures = [b'no picture']\n"
        "get_ipython().recorder.outputs = [{'output_type': 'display_data', 'text': 1, 'png': 0}]",
        "import sys; sys.stdout = sys.stderr = None",
        "import builtins; del builtins.len",
        "import sys\nfor name in list(sys.modules): sys.modules[name] = None",
        "import os\nfor number in range(50): os.write(number, b'forged') if number > 2 else 0",
        "input('a password, please')",
        "get_ipython().run_cell = None",
    ],
)
def test_whatever_a_cell_does_to_its_shell_the_notebook_stays_a_valid_one(impatient, attack):
    cell, _ = run(impatient, attack, "print('after')")
    assert isinstance(cell["outputs"], list)


def test_a_process_of_the_system_is_not_started(runner):
    cell, other, magic = run(
        runner, "!touch here; ls", "import subprocess; subprocess.run('ls')", "%%bash\nls"
    )
    assert "not run when a notebook is graded" in words(cell)
    assert other["outputs"][0]["ename"] in ("OSError", "PermissionError")
    assert "shell.py" not in words(magic)


def test_random_numbers_differ_from_one_notebook_to_the_next(runner):
    source = "import random\nimport numpy as np\nprint(random.random(), np.random.rand())"
    (one,), (other,) = run(runner, source), run(runner, source)
    assert not set(words(one).split()) & set(words(other).split())


def test_a_cold_process_prints_and_shows_what_a_warm_one_does(runner):
    cells = [source for source in LIKE_A_KERNEL if "SystemExit" not in source]
    with (
        sandbox.launcher(limits=NOTEBOOK_LIMITS, threads=True) as cold,
        Runner(COURSE, cold) as other,
    ):
        one, two = (
            re.sub("at 0x[0-9a-f]+", "", json.dumps(run(which, *cells)))
            for which in (other, runner)
        )
    assert one == two


def test_what_notebooks_import_is_there_before_their_first_cell(runner):
    (cell,) = run(
        runner,
        "import sys\n"
        "wanted = {'experiments', 'networks.layer', 'plots.notebook_2b'}\n"
        "print(sorted(name for name in wanted if f'exercise_code.{name}' in sys.modules))",
    )
    assert words(cell) == "['experiments', 'plots.notebook_2b']\n", "but nothing of a student's"
