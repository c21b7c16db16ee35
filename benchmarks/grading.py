"""How much of the cost of grading a hand-in is not the student's own code?

    .venv/bin/python -m benchmarks.grading [--rounds 3] [--size 8]

Three things grade the same hand-ins in turn, round after round, so that a busy moment of the
machine hits all of them:

    stock   nbgrader autograde and generate_feedback with nbgrader's own classes: three kernels each
    ours    course grade, by one job
    floor   one warm process that runs the same cells with IPython, and nothing else: floor.py

The course is cut down: three notebooks with the six graded cells, five figures and some training,
so that their cells take about half a second, as in an exercise of the usual size. With the real
notebooks, which train for a minute, every ratio to the floor would be close to 1.

CPU seconds a hand-in are those of a class less those of a class of one, divided by the difference
in size: what a command takes to start is paid once a class, and not counted. They are those of the
whole tree of processes, the sandboxes included.
"""

import argparse
import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.showing import show
from i2dl_course import manifest
from i2dl_course.nbgrader_side.run import command_environment, prepare_gradebook
from i2dl_course.samples.variants import mutants, reference
from i2dl_course.sandbox import ONE_THREAD

ORIGINAL = manifest.load(Path(__file__).resolve().parents[1])
ON_TIME = "2020-05-26 10:00:00 UTC"

IMPORTS = """
%load_ext autoreload
%autoreload 2
import matplotlib.pyplot as plt
import numpy as np
from exercise_code import plots
from exercise_code.data import DataLoader, HousePrices
from exercise_code.networks import MSE, SGD, Adam, SGDMomentum
from exercise_code.networks.two_layer_net import TwoLayerNet
from exercise_code.solver import Solver
"""
TRAIN = """
def train(optimizer, epochs, batch_size):
    rng = np.random.default_rng(0)
    net = TwoLayerNet(input_size=6, hidden_size=32, rng=rng)
    solver = Solver(net, MSE(), optimizer(net.params), DataLoader(
        data.train, batch_size=batch_size, shuffle=True, rng=rng), data.val, print_every=1)
    solver.train(epochs=epochs)
    return solver.history
"""
CELLS = {
    "1_TwoLayerNetwork": (
        "from exercise_code.environment import report\nreport()",
        IMPORTS,
        "data = HousePrices()\ndata.frame().describe()",
        "plots.price_histogram(data)",
        "GRADED",
        TRAIN,
        "history = train(lambda params: Adam(params, learning_rate=1e-2), 6, 64)",
        "plots.loss_curves({'net': history}, log=True)",
    ),
    "2a_StochasticGradientDescent": (
        IMPORTS,
        "data = HousePrices()",
        TRAIN,
        "history = train(lambda params: SGD(params, learning_rate=1e-1), 6, 128)",
        "plt.figure(figsize=(5, 3)); plt.plot([1, 3, 2])",
        "plots.sigmoid_curve()",
    ),
    "2b_Optimization": (
        IMPORTS,
        "data = HousePrices()",
        TRAIN,
        "for optimizer in (SGD, SGDMomentum, Adam):\n"
        "    history = train(lambda params: optimizer(params, learning_rate=1e-2), 2, 64)",
        "plt.figure(figsize=(5, 3)); plt.plot([3, 1, 2])",
    ),
}
STOCK_CONFIG = """
c = get_config()
c.CourseDirectory.root = {root!r}
c.CourseDirectory.course_id = "i2dl"
c.Autograde.exclude_overwriting = {{{exercise!r}: {files!r}}}
c.LateSubmissionPlugin.penalty_method = "zero"
"""


def make_class(folder, size, stock):
    """A course with the short notebooks and `size` hand-ins; every third has a mistake."""
    folder.mkdir(parents=True)
    for name in ("exercise_code", "source"):
        shutil.copytree(
            ORIGINAL.root / name, folder / name, ignore=shutil.ignore_patterns("__pycache__")
        )
    for name in (manifest.MANIFEST, "nbgrader_config.py"):
        shutil.copy(ORIGINAL.root / name, folder / name)
    (folder / "src").symlink_to(ORIGINAL.root / "src", target_is_directory=True)
    course = manifest.load(folder)
    for name in course.exercise.notebooks:
        path = course.source_dir / f"{name}.ipynb"
        path.write_text(json.dumps(shortened(json.loads(path.read_text("utf-8")), name)), "utf-8")
    prepare_gradebook(course, command_environment())
    # Not the other right answers: some of them loop in Python, and train for seconds.
    right, wrong = reference(ORIGINAL), mutants(ORIGINAL)
    for number in range(size):
        variant = wrong[7 * number % len(wrong)] if number % 3 == 2 else right
        home = folder / "submitted" / f"student_{number:03}" / course.exercise.name
        shutil.copytree(course.release_dir, home)
        for name, text in variant.files.items():
            (home / name).write_text(f"{text}\n# {number}\n", "utf-8")
        (home / "timestamp.txt").write_text(ON_TIME, "ascii")
    if stock:
        (folder / "nbgrader_config.py").write_text(
            STOCK_CONFIG.format(
                root=str(folder), exercise=course.exercise.name, files=list(course.handin.files)
            )
        )
    return course


def shortened(notebook, name):
    """A source notebook with the cells of CELLS, and its own graded cells."""
    cells = []
    for number, source in enumerate(CELLS[name]):
        if source == "GRADED":
            cells += [cell for cell in notebook["cells"] if "nbgrader" in cell["metadata"]]
        else:
            cells.append(
                {
                    "cell_type": "code",
                    "id": f"short-{number}",
                    "metadata": {},
                    "execution_count": None,
                    "outputs": [],
                    "source": source.strip(),
                }
            )
    return {**notebook, "cells": cells}


def command(course, *words):
    """CPU and wall seconds of a command with all its descendants."""

    def used():
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    bin_folder = Path(sys.executable).parent
    cpu, wall = used(), time.perf_counter()
    environment = command_environment(**ONE_THREAD)
    done = subprocess.run(
        [str(bin_folder / words[0]), *words[1:]],
        cwd=course.root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(words)} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return used() - cpu, time.perf_counter() - wall


def measure(rounds, size):
    """CPU seconds a hand-in, by what and how: a list with a figure for each round.

    `size` is the class of stock nbgrader; ours is five times as large, for its starts weigh more.
    """
    exercise = ORIGINAL.exercise.name
    autograde = ("nbgrader", "autograde", exercise, "--force")
    feedback = ("nbgrader", "generate_feedback", exercise, "--force")
    ours = ("course", "grade", exercise, "--force", "--jobs", "1")
    commands_of = {
        "stock, verdicts": ("stock", [autograde]),
        "stock, all": ("stock", [autograde, feedback]),
        "ours, verdicts": ("ours", [(*ours, "--verdicts-only")]),
        "ours, default": ("ours", [ours]),
        "ours, all": ("ours", [(*ours, "--execute", "all")]),
    }
    taken = {name: [] for name in (*commands_of, "floor")}
    with tempfile.TemporaryDirectory(prefix="i2dl-benchmark-") as scratch:
        courses = {
            (kind, count): make_class(Path(scratch) / f"{kind}-{count}", count, kind == "stock")
            for kind, count in (("stock", 1), ("stock", size), ("ours", 1), ("ours", 5 * size))
        }
        for _ in range(rounds):
            for name, (kind, commands) in commands_of.items():
                if name == "stock, all":
                    continue
                taken[name].append(_each(courses, kind, commands))
            taken["stock, all"].append(
                taken["stock, verdicts"][-1] + _each(courses, "stock", [feedback])
            )
            taken["floor"].append(floor(courses["ours", 5 * size], 2 * size))
    return taken


def floor(course, size):
    """CPU seconds a hand-in in a warm process: floor.py, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.floor", str(course.root), str(size)],
        check=True,
        cwd=ORIGINAL.root,
        env=command_environment(**ONE_THREAD),
        stdout=subprocess.PIPE,
        text=True,
    )
    return float(done.stdout)


def _each(courses, kind, commands):
    size = max(count for other, count in courses if other == kind)
    many = sum(command(courses[kind, size], *words)[0] for words in commands)
    one = sum(command(courses[kind, 1], *words)[0] for words in commands)
    return (many - one) / (size - 1)


def rows(quick=False, rounds=None, size=None):
    """The rows of the table: name, value, target, reached."""
    taken = measure(rounds or (1 if quick else 3), size or (4 if quick else 8))

    def ratio(over, under, name, target, less=0.0, at_most=False):
        pairs = [(a, b) for a, b in zip(taken[over], taken[under], strict=True)]
        if less:
            pairs = [(a - f, b - f) for (a, b), f in zip(pairs, taken["floor"], strict=True)]
        value = statistics.median(a / b for a, b in pairs)
        reached = value <= target if at_most else value >= target
        return {
            "name": name,
            "value": round(value, 2),
            "target": f"{'≤' if at_most else '≥'} {target:g}",
            "reached": reached,
        }

    table = [
        ratio(
            "stock, all",
            "ours, all",
            "overhead above the floor, CPU, all notebooks run, feedback: stock / ours",
            15,
            less=1,
        ),
        ratio(
            "ours, all",
            "floor",
            f"CPU of all of that: ours / floor (floor {_median(taken['floor']):.2f} s)",
            1.4,
            at_most=True,
        ),
        ratio(
            "stock, verdicts", "ours, verdicts", "verdicts only, CPU: stock autograde / ours", 40
        ),
        ratio("stock, all", "ours, default", "default run, CPU: stock / ours", 8),
    ]
    table += [
        {
            "name": f"CPU seconds a hand-in: {name}",
            "value": round(_median(values), 3),
            "target": "report",
            "reached": None,
        }
        for name, values in taken.items()
    ]
    return table


_median = statistics.median


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3, help="(3)")
    parser.add_argument("--size", type=int, default=8, help="hand-ins of the class (8)")
    args = parser.parse_args()
    for row in rows(rounds=args.rounds, size=args.size):
        show(row)


if __name__ == "__main__":
    main()
