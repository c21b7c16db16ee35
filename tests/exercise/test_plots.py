"""The figures: their words, their looks, and that they leave nothing behind."""

from __future__ import annotations

import itertools
import os
import re
import subprocess
import sys
import types
from html.parser import HTMLParser

import nbformat
import numpy as np
import pytest
from nbconvert import HTMLExporter
from support.patience import PATIENCE
from support.reference_network import TwoLayerNet, layer

from exercise_code import plots
from exercise_code.data import HousePrices
from exercise_code.gradient_edges import follow_gradient
from exercise_code.solver import History
from exercise_code.tables import Table


def history(scale=1.0, epochs=6, diverged_after=None):
    """A run as the solver would have written it down; nobody had to train for it."""
    past = History()
    for epoch in range(epochs + 1):
        lost = diverged_after is not None and epoch > diverged_after
        past.train_loss.append(float("nan") if lost else scale / (1 + epoch))
        past.val_loss.append(float("nan") if lost else 0.8 * scale / (1 + epoch))
        past.updates.append(10 * epoch)
        past.operations.append(1_000_000 * epoch)
        past.seconds.append(0.01 * epoch)
    past.step_loss = list(np.linspace(1, 0.2, 10 * epochs))
    return past


def several():
    return {"batch 1": [history(), history(1.3)], "full batch": [history(2), history(2.5)]}


@pytest.fixture(scope="module")
def data():
    return HousePrices()


@pytest.fixture(scope="module")
def figures(data):
    """Every figure of the notebooks."""
    rng = np.random.default_rng(0)
    paid = data.to_dollars(data.test.y)
    steps = np.logspace(-12, 0, 13)
    sizes = [1, 4, 32, 256, 1756]
    gradient = rng.standard_normal((5, 4))
    averaging = types.SimpleNamespace(**vars(layer))
    averaging.affine_backward = averaged
    return {
        "price_histogram": plots.price_histogram(data),
        "price_against_features": plots.price_against_features(data),
        "compute_graph": plots.compute_graph(),
        "sigmoid_curve": plots.sigmoid_curve(),
        "numeric_gradient_error": plots.numeric_gradient_error(steps, steps**2 + 1e-16 / steps),
        "loss_curves": plots.loss_curves({"net": history()}, references={"least squares": 0.3}),
        "loss_curves of seeds": plots.loss_curves(several(), "seconds", "val"),
        "predicted_against_true": plots.predicted_against_true(1.05 * paid, paid),
        "errors_in_dollars": plots.errors_in_dollars({"mean": 56_870.0, "net": 19_963.0}),
        "gradient_comparison": plots.gradient_comparison(gradient, 2 * gradient, "dw"),
        "gradient_map": plots.gradient_map(follow_gradient(layer, TwoLayerNet)),
        "gradient_map of a mistake": plots.gradient_map(follow_gradient(averaging, TwoLayerNet)),
        "memory_against_batch": plots.memory_against_batch(
            sizes,
            [256 * B for B in sizes],
            [256 * B + 2056 for B in sizes],
            [768 * B for B in sizes],
            [1024 * B for B in sizes],
        ),
        "operations_against_batch": plots.operations_against_batch(
            sizes, [1500 * B for B in sizes], [2.7e6] * 5, [9e5 / B for B in sizes]
        ),
        "step_losses": plots.step_losses(several()),
        "final_losses": plots.final_losses(several()),
        "speed_of_convergence": plots.speed_of_convergence(several()),
        "gradient_noise": plots.gradient_noise(
            sizes, [6, 3, 1.1, 0.4, 1e-16], lambda B: 6 / np.sqrt(B), 0.7
        ),
        "minibatch_validation": plots.minibatch_validation(
            {"batch 1": [0.1, 0.5, 0.01], "batch 32": [0.2, 0.3]}, 0.25
        ),
        "validation_against_training": plots.validation_against_training(several()),
        "paths_in_a_valley": plots.paths_in_a_valley(
            bowl, {"SGD": [(-9, 1.5), (-4, -1), (-2, 0.5)], "Adam": [(-9, 1.5), (0.1, 0.1)]}
        ),
        "over_steps": plots.over_steps({"SGD": [1, 1], "Momentum": [1, 1.9]}, "length of a step"),
        "learning_rate_sweep": plots.learning_rate_sweep(SWEEP),
    }


def averaged(dout, cache):
    dx, dw, db = layer.affine_backward(dout, cache)
    return dx, dw / len(dout), db


def bowl(theta):
    return np.sum(np.square(theta) * (0.01, 2), axis=-1)


SWEEP = {
    "SGD": {0.1: [0.2, 0.3, 0.25], 1.0: [0.1, np.inf, 0.15], 10.0: [np.inf] * 3},
    "Adam": {0.1: [0.12, 0.11, 0.1], 1.0: [0.3, 0.2, 0.25], 10.0: [0.3, np.inf, np.inf]},
}


class Words(HTMLParser):
    """Text of every element, and attributes of every image."""

    def __init__(self, page):
        super().__init__()
        self.images, self.captions, self.open = [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        if tag == "img":
            self.images.append(dict(attributes))
        else:
            self.open.append(tag)

    def handle_endtag(self, tag):
        self.open.pop()

    def handle_data(self, text):
        if self.open and self.open[-1] == "figcaption":
            self.captions.append(text)


def test_every_figure_has_a_caption_and_words_for_who_cannot_see_it(figures):
    for name, plot in figures.items():
        words = Words(plot._repr_html_())
        (image,) = words.images
        assert image["src"].startswith("data:image/png;base64,"), name
        assert image["alt"] == plot.alt and len(plot.alt) > 60, name
        assert "".join(words.captions) == plot.caption and len(plot.caption) > 40, name
        assert words.open == [], name


def test_words_with_markup_are_escaped():
    plot = plots.loss_curves({'<b>"a" & b</b>': history()}, part="train")
    words = Words(plot._repr_html_())
    assert '<b>"a" & b</b>' in words.images[0]["alt"]
    assert "<b>" not in plot._repr_html_()


def test_alt_text_and_caption_survive_nbconvert(figures):
    plot = figures["errors_in_dollars"]
    output = nbformat.v4.new_output(
        "execute_result", {"text/html": plot._repr_html_(), "text/plain": repr(plot)}
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("plot", outputs=[output])])
    page, _ = HTMLExporter().from_notebook_node(notebook)
    assert f'alt="{plot.alt}"' in page
    assert f"<figcaption>{plot.caption}</figcaption>" in page
    assert "No description has been provided" not in page


def test_alt_texts_tell_the_numbers_of_the_data(figures, data):
    prices = np.concatenate([data.to_dollars(p.y) for p in (data.train, data.val, data.test)])
    assert f"median ${np.median(prices):,.0f}" in figures["price_histogram"].alt
    r = np.corrcoef(data.train.X[:, 0], data.train.y.ravel())[0, 1]
    assert f"LivingArea {r:.2f}" in figures["price_against_features"].alt
    assert "1e-10 at h = 1e-06" in figures["numeric_gradient_error"].alt
    assert "net, training: from 1 to 0.1429 after 6 epochs" in figures["loss_curves"].alt
    assert "least squares: 0.3" in figures["loss_curves"].alt
    assert (
        "At the end: 0.143 for net, training; 0.114 for net, validation."
        in figures["loss_curves"].caption
    )
    assert "mean $56,870, net $19,963" in figures["errors_in_dollars"].alt
    assert "100 % of the predictions are within 10 %" in figures["predicted_against_true"].alt
    assert (
        "batch 256: held 65,536 and 67,592, needed 196,608 and 262,144"
        in figures["memory_against_batch"].alt
    )
    assert "B = 256: 0.4. The full" in figures["gradient_noise"].alt  # and no B = 1,756: it is 0


def test_a_diverged_run_is_not_counted_among_the_others(figures):
    alt = figures["learning_rate_sweep"].alt
    assert "SGD: median 0.15 at its best learning rate 1, 0.25 at 0.1" in alt
    assert "1 of 3 runs diverged at 1, 3 of 3 runs diverged at 10." in alt
    assert "Adam: median 0.11 at its best learning rate 0.1" in alt
    assert "2 of 3 runs diverged at 10." in alt
    written = [text.get_text() for text in figures["learning_rate_sweep"].figure.axes[0].texts]
    assert written == ["✗ 1", "✗ 3", "✗ 2"]


def test_the_crossings_of_a_path_are_counted(figures):
    alt = figures["paths_in_a_valley"].alt
    assert "SGD: from f = 5.3 to 0.54 in 2 steps, crossing the valley's floor 2 times" in alt
    assert "Adam: from f = 5.3 to 0.02 in 1 steps, crossing the valley's floor 0 times" in alt


@pytest.mark.parametrize("end", [1e200, np.inf, np.nan])
def test_a_diverging_path_does_not_take_the_picture_with_it(end, recwarn):
    plot = plots.paths_in_a_valley(bowl, {"mine": [(-9, 1.5), (5, 5), (end, end)]})
    plot.png()
    (ax,) = plot.figure.axes
    assert max(map(abs, (*ax.get_xlim(), *ax.get_ylim()))) < 30
    assert not recwarn.list


def test_seeds_are_summed_up_by_their_median(figures):
    assert "batch 1: from 0.92 to 0.1314 after 0.06 seconds" in figures["loss_curves of seeds"].alt


NAMED_BY_THEIR_TICKS = {
    ("errors_in_dollars", "y"),
    ("final_losses", "y"),
    ("minibatch_validation", "x"),
}


def test_every_axis_has_a_label(figures):
    for name, plot in figures.items():
        for ax in plot.figure.axes:
            place = ax.get_subplotspec()
            if place is None or not ax.get_visible():
                continue  # the compute graph, and the colour bar, which has its own label
            if place.is_last_row() and (name, "x") not in NAMED_BY_THEIR_TICKS:
                assert ax.get_xlabel(), name
            if place.is_first_col() and (name, "y") not in NAMED_BY_THEIR_TICKS:
                assert ax.get_ylabel() or plot.figure.get_supylabel(), name


def test_no_text_is_cut_off_at_the_edge(figures):
    for name, plot in figures.items():
        figure = plot.figure
        figure.draw_without_rendering()
        edge = figure.bbox
        for part in [*figure.axes, *figure.legends]:
            box = part.get_tightbbox(figure._get_renderer())
            assert box.x0 >= edge.x0 - 1 and box.x1 <= edge.x1 + 1, name
            assert box.y0 >= edge.y0 - 1 and box.y1 <= edge.y1 + 1, name


def test_no_two_labels_of_the_compute_graph_overlap(figures):
    figure = figures["compute_graph"].figure
    figure.draw_without_rendering()
    renderer = figure._get_renderer()
    boxes = {}
    for text in figure.axes[0].texts:
        boxes[(text.get_text(), text.get_position())] = text.get_window_extent(renderer)
    assert len(boxes) > 20
    for (one, a), (other, b) in itertools.combinations(boxes.items(), 2):
        assert not a.overlaps(b), (one, other)


def test_the_gradient_map_marks_the_first_wrong_gradient_and_draws_it(figures):
    right, wrong = figures["gradient_map"], figures["gradient_map of a mistake"]
    assert right.caption.startswith("Right on the way back: dŷ, dh, dW2, db2, dz, dW1, db1, dX.")
    assert "The first that is wrong is dW2: at [" in wrong.caption
    assert len(right.figure.axes) == 1 and len(wrong.figure.axes) == 4
    framed = [text.get_text() for text in wrong.figure.axes[0].texts if text.get_bbox_patch()]
    assert len(framed) == 1 and framed[0].startswith("dW2")


def test_the_compute_graph_names_every_value_and_every_gradient(figures):
    named = {text.get_text() for text in figures["compute_graph"].figure.axes[0].texts}
    assert named >= {"X", "W1", "b1", "z", "h", "W2", "b2", "ŷ", "y", "J"}
    assert named >= {"dX", "dW1", "db1", "dz", "dh", "dW2", "db2", "dŷ"}


def test_no_two_looks_share_a_colour_a_line_style_or_a_marker():
    for key in ("color", "linestyle", "marker"):
        looks = [look[key] for look in plots.LOOKS]
        assert len(set(looks)) == len(looks), key


def test_two_series_in_one_figure_differ_in_line_style_and_marker(figures):
    for name in ("loss_curves", "loss_curves of seeds", "memory_against_batch", "sigmoid_curve"):
        ax = figures[name].figure.axes[0]
        looks = [
            (line.get_linestyle(), line.get_marker(), line.get_markerfacecolor())
            for line in ax.get_lines()
        ]
        assert len(set(looks)) == len(looks) > 1, name


@pytest.mark.parametrize("against", ["epochs", "updates", "operations", "seconds"])
@pytest.mark.parametrize("part", ["train", "val", "both"])
def test_every_axis_and_part_can_be_drawn(against, part):
    plot = plots.loss_curves({"net": history()}, against, part, log=False)
    lines = plot.figure.axes[0].get_lines()
    assert len(lines) == (2 if part == "both" else 1)
    assert list(lines[0].get_xdata()) == list(getattr(history(), against))


def test_a_misspelt_axis_or_part_is_told_which_words_there_are():
    with pytest.raises(ValueError, match="epochs, updates, operations, seconds"):
        plots.loss_curves({"net": history()}, against="steps")
    with pytest.raises(ValueError, match="train, val, both"):
        plots.loss_curves({"net": history()}, part="test")


def test_a_run_without_validation_can_be_drawn():
    past = history()
    past.val_loss = []
    assert "training" in plots.loss_curves({"net": past}, part="train").alt


def test_a_diverged_seed_ends_the_curve_instead_of_the_notebook(recwarn):
    runs = [history(), history(diverged_after=3), history(epochs=5)]
    plot = plots.loss_curves({"net": runs}, part="val")
    assert "after 3 epochs" in plot.alt
    plot.png()
    assert not recwarn.list


def test_a_gradient_of_the_wrong_shape_shows_both_shapes():
    plot = plots.gradient_comparison(np.ones((3, 2)), np.ones((2, 3)), "dw")
    assert "(3, 2)" in plot.caption and "(2, 3)" in plot.caption
    assert sum(ax.get_label() != "<colorbar>" for ax in plot.figure.axes) == 2


@pytest.mark.parametrize("shape", [(4,), (3, 2), (2, 3, 2), (1,), (40, 30)])
def test_the_largest_difference_of_a_gradient_is_named(shape, recwarn):
    wanted = np.random.default_rng(0).standard_normal(shape)
    got = wanted.copy()
    place = tuple(size - 1 for size in shape)
    got[place] += 3
    plot = plots.gradient_comparison(wanted, got, "dw")
    assert f"is 3, at {place}" in plot.caption
    plot.png()
    assert not recwarn.list


@pytest.mark.parametrize("got", [np.full((2, 2), np.nan), np.zeros((2, 2)), np.full((2, 2), 1e9)])
def test_a_gradient_of_nan_zero_or_huge_numbers_can_still_be_drawn(got, recwarn):
    plot = plots.gradient_comparison(np.zeros((2, 2)), got, "dw")
    plot.png()
    assert ("4 of 4 entries" in plot.caption) == bool(np.isnan(got).any())
    assert not recwarn.list


def test_saving_writes_the_figure(figures, tmp_path):
    figures["sigmoid_curve"].save(tmp_path / "figure.png")
    assert (tmp_path / "figure.png").read_bytes().startswith(b"\x89PNG")


def test_figures_are_as_wide_as_a_notebook(figures):
    for name, plot in figures.items():
        assert 6 <= plot.figure.get_figwidth() <= 8, name
        assert plot.figure.get_figheight() <= 7.5, name


CLEAN = """
import sys
import exercise_code.plots as plots
assert "matplotlib" not in sys.modules, "matplotlib is loaded too early"
import matplotlib, logging
def settings():  # without "backend": to read it would load pyplot
    values = {key: matplotlib.rcParams[key] for key in matplotlib.rcParams if key != "backend"}
    return values, logging.getLogger("matplotlib").level
before = settings()
plots.sigmoid_curve()._repr_html_()
assert settings() == before
assert "matplotlib.pyplot" not in sys.modules, "pyplot has been touched"
"""
FIRST = "from exercise_code import plots; plots.compute_graph()._repr_html_()"


def python(code, root, **environment):
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=root,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


def test_a_figure_leaves_nothing_behind_in_matplotlib(root):
    done = python(CLEAN, root)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("config", ["new", "cannot be written"])
def test_the_very_first_figure_writes_nothing_to_stderr_about_fonts(root, tmp_path, config):
    (tmp_path / "file").touch()
    folder = tmp_path / ("new" if config == "new" else "file") / "matplotlib"
    done = python(FIRST, root, MPLCONFIGDIR=str(folder))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_table_has_headings_for_a_screen_reader():
    page = Table({"batch": [1, 1756], "loss": [0.1234, 0.8]}, "A <b> caption")._repr_html_()
    assert page.count('<th scope="col">') == 2
    assert re.findall(r'<th scope="row">([^<]*)', page) == ["1", "1,756"]
    assert re.findall("<td>([^<]*)", page) == ["0.123", "0.8"]
    assert "<caption>A &lt;b&gt; caption</caption>" in page


def test_a_table_in_a_terminal_is_plain_text():
    lines = repr(Table({"batch": [1, 32], "loss": ["low", "high"]}, "caption")).splitlines()
    assert lines == ["caption", "batch  loss", "    1   low", "   32  high"]


def test_a_table_with_a_short_column_is_refused():
    with pytest.raises(ValueError):
        Table({"a": [1, 2], "b": [1]}, "caption")
