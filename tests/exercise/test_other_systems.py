"""What Windows and macOS do otherwise, as far as it can be had on this system.

Nothing is run there: line ends, what their files and consoles hold by default, and what their
Python lacks are simulated.
"""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

CHECKS = "import runpy; runpy.run_module('exercise_code.tests', run_name='__main__')"
# What signal has on Unix alone; a check stops an endless loop by them where they are. Python in the
# browser has the signal and no timer: tests/publishing/test_in_the_browser_alone.py.
MISSING = {
    "Windows": "SIGALRM setitimer ITIMER_REAL SIGHUP pthread_sigmask",
    "the browser": "setitimer",
}


@pytest.fixture
def folder(root, reference_folder, tmp_path):
    """A student's folder with the reference, and the notebook that is handed in."""
    shutil.copytree(reference_folder / "exercise_code", tmp_path / "exercise_code")
    shutil.copy(root / "release" / "exercise_05" / "1_TwoLayerNetwork.ipynb", tmp_path)
    return tmp_path


def run(folder, code, **env):
    command = [sys.executable, "-X", "warn_default_encoding", "-W", "error", "-c", code]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    assert done.stderr == b""
    return done.stdout


def test_line_ends_of_windows_change_nothing(folder):
    for path in (folder / "exercise_code").rglob("*"):
        if path.suffix in (".py", ".csv"):
            path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert b"100 of 100 points" in run(folder, CHECKS)
    assert "✓ The data".encode() in run(
        folder, "from exercise_code.environment import report; report()"
    )


def test_a_console_without_a_tick_shows_the_verdicts_all_the_same(folder):
    """cp1252 is what Windows writes into a pipe; no file is read by the system's own encoding."""
    said = run(folder, CHECKS, PYTHONIOENCODING="cp1252", PYTHONUTF8="0", LC_ALL="C")
    assert b"100 of 100 points" in said and b"affine_forward" in said


def test_costs_have_a_clock_where_that_of_the_cpu_stands_still(folder):
    """As in the browser, where every run of notebooks 2a and 2b would have taken no time."""
    code = """
import sys, time
import numpy as np
sys.platform, time.process_time = "emscripten", float
from exercise_code.data import DataLoader, Part
from exercise_code.experiments import microseconds
from exercise_code.networks import MSE, SGD
from exercise_code.networks.two_layer_net import TwoLayerNet
from exercise_code.solver import Solver
rng = np.random.default_rng(0)
net = TwoLayerNet(3, 4, rng=rng)
part = Part(rng.standard_normal((64, 3)), rng.standard_normal((64, 1)))
train = DataLoader(part, batch_size=1)
solver = Solver(net, MSE(), SGD(net.params, 0.1), train, verbose=False)
solver.train(2)
print(0 < solver.history.seconds[1] < solver.history.seconds[2], microseconds(net.params.copy) > 0)
"""
    assert run(folder, code) == b"True True\n"


@pytest.mark.parametrize("names", MISSING.values(), ids=MISSING)
def test_the_checks_do_without_signals_and_the_first_cell_says_so(folder, names):
    without = "import signal; " + "".join(f"del signal.{name}; " for name in names.split())
    assert b"100 of 100 points" in run(folder, without + CHECKS)
    report = "from exercise_code.environment import report; report()"
    told = b"No timer here, so a check has no time limit"
    assert told in run(folder, without + report) and told not in run(folder, report)
