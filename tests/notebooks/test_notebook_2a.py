"""Notebook 2a with the reference: every number and claim of its prose.

What depends on the computer (seconds) is told without numbers and is not asserted.
"""

from __future__ import annotations

import re

import numpy as np
import pytest
from support.accessibility import keeps_nobody_out

from exercise_code.experiments import Sweep

NAME = "2a_StochasticGradientDescent"

# The losses of every epoch, as plain data: label -> one list for each seed.
LOSSES = (
    "{{label: [[float(x) for x in h.{which}_loss] for h in histories] "
    "for label, histories in {runs}.histories().items()}}"
)


@pytest.fixture(scope="module")
def run(solved):
    return solved(NAME)


@pytest.fixture(scope="module")
def prose(run):
    return re.sub(r"\s+", " ", run.prose)


@pytest.fixture(scope="module")
def train_losses(run):
    return _losses(run, "train")


@pytest.fixture(scope="module")
def val_losses(run):
    return _losses(run, "val")


def _losses(run, which):
    both = {}
    for runs in ("runs", "longer"):
        both |= run.value(LOSSES.format(which=which, runs=runs))
    return {label: np.array(losses) for label, losses in both.items()}


@pytest.fixture(scope="module")
def updates(run):
    return run.value(
        "{k: list(s[0].history.updates) for sweep in (runs, longer) for k, s in sweep.items()}"
    )


def test_every_cell_runs_with_the_reference(run):
    assert run.errors == []
    assert run.stderr == ""


def test_every_figure_and_table_has_its_words(run):
    shown = [o.data["text/html"] for o in run.outputs if "text/html" in o.get("data", {})]
    figures = [page for page in shown if "<figure" in page]
    assert len(figures) == 10
    for page in figures:
        assert re.search('alt="[^"]{60,}"', page)
        assert re.search("<figcaption>[^<]{40,}</figcaption>", page)
    (table,) = (page for page in shown if "<table" in page)
    assert "<caption>" in table
    assert table.count('<th scope="row">') == 5


def test_every_plot_is_announced_and_explained(run):
    """The "try it yourself" plot at the end asks its own questions."""
    cells = run.notebook.cells
    plots = [i for i, cell in enumerate(cells) if "plots." in cell.source and _is_code(cell)]
    for index in plots[:-1]:
        assert cells[index - 1].source.rstrip().split("\n\n")[-1].startswith("**Predict"), index
        assert cells[index + 1].source.startswith("**What to see."), index


def _is_code(cell):
    return cell.cell_type == "code" and "import" not in cell.source


def test_the_notebook_carries_no_points_and_says_so(run, prose):
    assert all("nbgrader" not in cell.metadata for cell in run.notebook.cells)
    assert "no points, nothing to hand in" in prose


def test_sizes_told_are_those_of_the_data_and_the_network(run, prose):
    assert run.value("(n, D, H)") == (1756, len(run.value("data.features")), 32)
    assert run.value("parameters") == 257 and "257 parameters" in prose
    assert run.value("(learning_rate, epochs, len(seeds))") == (0.05, 15, 5)


def test_the_mean_gradient_of_single_houses_is_the_gradient_of_all(run):
    assert run.value("float(difference)") < 1e-12


def test_memory_told_is_the_memory_held(run, prose):
    sizes, forward, backward = (
        np.array(run.value(name)) for name in ("sizes", "forward_memory", "backward_memory")
    )
    assert f"{forward[0]} bytes for each house" in prose
    assert (forward == forward[0] * sizes).all()
    assert set(backward - forward) == {8 * 257} and f"{8 * 257:,} bytes" in prose
    assert backward[0] > 2 * forward[0]  # "at batch 1 they are most of the memory"
    assert backward[-1] < 500_000 and backward[-1] < 1.01 * forward[-1]


def test_peaks_told_are_those_counted_and_those_measured(run):
    held, forward, backward, peaks = (
        run.value(name) for name in ("forward_memory", "forward_peak", "backward_peak", "peaks")
    )
    assert [3 * array for array in held] == forward
    assert [4 * array for array in held[2:]] == pytest.approx(backward[2:], rel=0.01)
    assert all(map(int.__gt__, backward, run.value("backward_memory")))
    assert peaks[0] == pytest.approx(forward[-1], rel=0.02)
    # A fifth array where NumPy cannot reuse the memory of a factor.
    fits = [peaks[1] == pytest.approx(n * held[-1], rel=0.04) for n in (4, 5)]
    assert any(fits)
    assert max(backward) < 2_000_000


def test_operations_told_are_those_counted(run, prose):
    step, passes, updates = (
        np.array(run.value(name)) for name in ("per_step", "passes_per_epoch", "updates_per_epoch")
    )
    sizes = np.array(run.value("sizes"))
    assert step[-1] >= 1756 * step[0]
    assert np.ptp(step / sizes) < 0.2 * step[0]  # "in proportion to the batch"
    assert 1 - passes[0] / passes[-1] == pytest.approx(0.16, abs=0.005)
    assert sum((passes, updates))[0] / sum((passes, updates))[-1] - 1 == pytest.approx(
        0.16, abs=0.005
    )
    assert "take 16 % less" in prose and "it takes 16 % more" in prose


def test_small_batches_shake_from_step_to_step(run):
    spread = run.value("[float(x) for x in gains['spread from step to step']]")
    assert spread == sorted(spread, reverse=True)


def test_the_smooth_curve_of_the_full_batch_has_hardly_got_anywhere(run, train_losses, updates):
    assert (updates["full batch"][-1], updates["batch 1"][-1]) == (15, 26_340)
    ends = [np.median(train_losses[label][:, -1]) for label in run.value("list(batches)")]
    assert ends == sorted(ends)
    assert ends[-1] > 0.7 and ends[0] < 0.15


@pytest.mark.parametrize("which", ["train_losses", "val_losses"])
def test_seeds_differ_most_at_the_two_ends(which, request):
    losses = request.getfixturevalue(which)
    spread = {label: np.ptp(seeds[:, -1]) for label, seeds in losses.items() if "105" not in label}
    assert set(sorted(spread, key=spread.get)[-2:]) == {"batch 1", "full batch"}


def test_where_the_full_batch_ends_depends_on_where_it_started(train_losses):
    first, last = train_losses["full batch"][:, 0], train_losses["full batch"][:, -1]
    assert (np.argmin(first), np.argmax(first)) == (np.argmin(last), np.argmax(last))
    assert np.corrcoef(first, last)[0, 1] > 0.8


def test_the_validation_loss_is_lower_for_the_two_reasons_told(
    run, train_losses, val_losses, prose
):
    squares = [run.value(f"float(np.mean(data.{part}.y**2))") for part in ("val", "train")]
    assert f"is {squares[0]:.2f} there and {squares[1]:.2f} in the training part" in prose
    for label, losses in train_losses.items():
        assert np.median(val_losses[label][:, -1]) < np.median(losses[:, -1])
    net = 'runs["batch 32"][0].net'
    squared = np.sort(
        run.value(f"np.square({net}.forward(data.train.X) - data.train.y).ravel().tolist()")
    )
    share = squared[-3:].sum() / squared.sum()
    assert f"those three make {100 * share:.0f} %" in prose
    without = squared[:-3].mean()
    assert f"without them it would be {without:.2f}" in prose
    assert run.value("runs['batch 32'][0].history.val_loss[-1]") < without


def test_after_equally_many_epochs_small_batches_are_ahead(run, train_losses):
    """At the end of every third epoch, but for a leap of batch 1."""
    small_first = [train_losses[label] for label in run.value("list(batches)")]
    for epoch in (1, 3, 6, 9, 12, 15):
        middle = [np.median(losses[:, epoch]) for losses in small_first]
        assert middle == sorted(middle)


def test_after_equally_many_updates_the_larger_batch_is_a_little_ahead(train_losses, updates):
    def after(label, count):
        return np.median([np.interp(count, updates[label], seed) for seed in train_losses[label]])

    overlaps = (
        ("full batch, 105 epochs", "batch 32", 55),
        ("batch 256", "batch 32", 105),
        ("batch 32", "batch 4", 825),
        ("batch 4", "batch 1", 1756),
    )
    for large, small, count in overlaps:
        assert after(large, count) < after(small, count) < 1.25 * after(large, count)


def test_a_leap_is_one_hard_house_just_before_the_measurement(run, train_losses):
    for label in ("batch 1", "batch 4"):
        losses = train_losses[label]
        ((seed, epoch),) = np.argwhere(losses[:, 1:] > 1.5) + (0, 1)
        assert losses[seed, epoch + 1] < 0.21
        history = f"runs[{label!r}][{seed}].history"
        steps = run.value(f"[float(x) for x in {history}.step_loss]")
        end = run.value(f"{history}.updates[{epoch}]")
        assert max(steps[end - 2 : end]) > 10 * np.median(steps)


def test_the_exact_gradient_was_more_work_for_nothing(run, train_losses, updates, prose):
    same, full = "batch 256", "full batch, 105 epochs"
    assert updates[same][-1] == updates[full][-1] == 105
    for label in (same, full):
        assert np.median(train_losses[label][:, -1]) == pytest.approx(0.22, abs=0.005)
    together = np.median(train_losses[full], axis=0)[updates[same]]
    assert np.median(train_losses[same], axis=0) == pytest.approx(together, rel=0.05)
    work = run.value("[sweep[k][0].history.operations[-1] for sweep, k in "
                     f"((longer, {full!r}), (runs, {same!r}))]")  # fmt: skip
    assert f"{work[0] / work[1]:.0f} times as much work" in prose


def test_noise_falls_with_the_square_root_of_the_batch(run):
    assert run.value("float(slope)") == pytest.approx(-0.5, abs=0.05)


def test_noise_follows_the_formula_without_replacement(run):
    measured = np.array(run.value("[float(x) for x in measured]"))
    formula = np.array(run.value("[float(formula(B)) for B in noise_sizes]"))
    assert measured[:-1] == pytest.approx(formula[:-1], rel=0.05)
    assert measured[-1] < 1e-12 and formula[-1] == 0
    with_replacement = run.value("float(sigma / np.sqrt(1024))")
    assert measured[-2] < 0.7 * with_replacement  # "drop below the straight line"


def test_noise_of_one_house_is_longer_than_the_gradient(run):
    assert 9 < run.value("float(sigma / full_length)") < 10


def test_four_times_the_work_gives_about_half_the_noise(run):
    measured = run.value("dict(zip(noise_sizes.tolist(), measured.tolist()))")
    assert measured[256] / measured[64] == pytest.approx(0.5, abs=0.05)


def test_jumps_of_a_fixed_network_come_from_measuring(run):
    jumps = {
        label: max(values) / min(values)
        for label, values in run.value(
            "{k: [float(x) for x in v] for k, v in validation_losses.items()}"
        ).items()
    }
    assert 1e6 < jumps["batch 1"] < 1e7
    assert jumps["batch 32"] == pytest.approx(6, abs=0.5)
    assert jumps["batch 256"] < 2


def test_the_validation_loss_of_the_solver_is_that_of_the_whole_part(run):
    assert run.value("float(whole_loss - runs['batch 32'][0].history.val_loss[-1])") == 0


@pytest.fixture(scope="module")
def off_the_curve(train_losses, val_losses):
    """label -> validation loss over that of the full batch at the same training loss.

    Only where the full batch has been, which is down to a training loss of 0.22.
    """
    full = "full batch, 105 epochs"
    x, y = train_losses[full].ravel(), val_losses[full].ravel()
    order = np.argsort(x)
    ratios = {}
    for label, losses in train_losses.items():
        train, val = losses[:, 1:].ravel(), val_losses[label][:, 1:].ravel()
        inside = (train >= x.min()) & (train <= x.max())
        ratios[label] = val[inside] / np.interp(train[inside], x[order], y[order])
    return ratios


def test_the_full_batch_does_not_generalise_better(off_the_curve):
    assert abs(off_the_curve["batch 256"] - 1).max() < 0.05
    assert abs(off_the_curve["batch 32"] - 1).max() < 0.12
    assert np.median(off_the_curve["batch 32"]) == pytest.approx(1, abs=0.03)


def test_leaps_of_small_batches_lie_above_the_curve(off_the_curve):
    for label in ("batch 1", "batch 4"):
        assert np.mean(off_the_curve[label] > 1) > 0.9


def test_at_the_same_training_loss_the_validation_loss_is_the_same(train_losses, val_losses):
    for label in ("batch 256", "full batch, 105 epochs"):
        assert np.median(train_losses[label][:, -1]) == pytest.approx(0.22, abs=0.005)
        assert np.median(val_losses[label][:, -1]) == pytest.approx(0.15, abs=0.005)


def test_batches_of_4_and_1_come_furthest_down(train_losses):
    ends = {label: np.median(losses[:, -1]) for label, losses in train_losses.items()}
    assert set(sorted(ends, key=ends.get)[:2]) == {"batch 1", "batch 4"}


def test_the_questions_at_the_end_have_the_answers_they_hint_at(run, train_losses):
    seeds = run.value("{k: [[float(x) for x in h.train_loss] for h in hs] "
                      "for k, hs in my_runs.histories().items()}")  # fmt: skip
    calm, bold = (np.array(losses) for losses in seeds.values())
    assert np.ptp(bold[:, 5]) > 3 * np.ptp(calm[:, 5])
    assert np.median(bold[:, -1]) < np.median(calm[:, -1])
    ends = run.value("{rate: [float(train(n, seed, learning_rate=rate).history.train_loss[-1]) "
                     "for seed in seeds] for rate in (0.05, 0.1, 0.2, 0.5)}")  # fmt: skip
    further = {rate: np.array(ends[rate]) < ends[0.05] for rate in (0.1, 0.2)}
    assert further[0.1].all()
    assert further[0.2].any() and not further[0.2].all()
    assert np.median(ends[0.5]) > 100
    short = run.value("[[float(x) for x in train(1, seed, learning_rate=0.005).history.train_loss] "
                      "for seed in seeds]")  # fmt: skip
    short, usual = np.array(short), train_losses["batch 1"]
    shakes = [np.abs(np.diff(losses[:, 5:])).mean() for losses in (short, usual)]
    assert shakes[0] < shakes[1] / 2
    spreads = [np.median(np.ptp(losses[:, 5:], axis=0)) for losses in (short, usual)]
    assert spreads[0] < spreads[1] / 2
    assert np.median(short[:, -1]) > np.median(usual[:, -1])


class CountedTraining:
    def __init__(self):
        self.calls = []

    def __call__(self, seed, **setting):
        self.calls.append((seed, setting))
        return f"solver {seed}"


def test_a_sweep_trains_only_when_it_is_asked(capsys):
    train = CountedTraining()
    sweep = Sweep(train, {"a": {"size": 1}, "b": {"size": 2}}, seeds=(0, 1))
    assert list(sweep) == ["a", "b"] and len(sweep) == 2 and not train.calls
    assert sweep["b"] == ["solver 0", "solver 1"]
    assert train.calls == [(0, {"size": 2}), (1, {"size": 2})]
    assert "trained b" in capsys.readouterr().out


def test_a_sweep_never_trains_twice_nor_keeps_a_failure(capsys):
    answers = iter([NotImplementedError("not yet"), "first", "second"])

    def train(seed):
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    sweep = Sweep(train, {"a": {}}, seeds=(0,), verbose=False)
    with pytest.raises(NotImplementedError):
        sweep["a"]
    assert sweep["a"] == ["first"]
    assert sweep["a"] == ["first"]
    assert capsys.readouterr().out == ""


def test_what_is_exported_keeps_nobody_out(run, tmp_path):
    assert keeps_nobody_out(run.notebook, tmp_path)
