"""The figures of the notebooks.

Every function returns a :class:`Plot`: a figure together with the text that says the same in words.
Series differ by line style and marker as well as by colour, and the colours (Okabe and Ito, 2008,
Color Universal Design) can be told apart with every kind of colour vision.
"""

import base64
import functools
import html
import io
import math
from contextlib import contextmanager

import numpy as np

from exercise_code.data.house_prices import UNITS

BLACK, GREY = "#000000", "#6B6B6B"
BLUE, VERMILLION, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
ORANGE, SKY = "#E69F00", "#56B4E9"
RUST = "#B34700"  # vermillion, dark enough for text on white

# One look for each series of a figure, in this order.
LOOKS = (
    {"color": BLUE, "linestyle": "-", "marker": "o"},
    {"color": VERMILLION, "linestyle": "--", "marker": "s"},
    {"color": GREEN, "linestyle": "-.", "marker": "^"},
    {"color": PURPLE, "linestyle": ":", "marker": "D"},
    {"color": BLACK, "linestyle": (0, (6, 2)), "marker": "v"},
    {"color": ORANGE, "linestyle": (0, (4, 1, 1, 1, 1, 1)), "marker": "X"},
    {"color": SKY, "linestyle": (0, (1, 1)), "marker": "P"},
)

STYLE = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # ships with matplotlib, so figures look alike everywhere
    "font.size": 10.5,
    "axes.titlesize": 11,
    "axes.labelsize": 10.5,
    "xtick.labelsize": 9.5,
    "ytick.labelsize": 9.5,
    "legend.fontsize": 9.5,
    "legend.framealpha": 0.9,
    "figure.facecolor": "white",
    "axes.facecolor": "white",
    "axes.edgecolor": BLACK,
    "axes.labelcolor": BLACK,
    "text.color": BLACK,
    "xtick.color": BLACK,
    "ytick.color": BLACK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#DDDDDD",
    "grid.linewidth": 0.7,
    "axes.axisbelow": True,
    "lines.linewidth": 1.8,
    "lines.markersize": 5.5,
}

WIDTH = 7.5  # inches: the width of a notebook's output
PIXELS_PER_INCH = 100  # as shown
SHARPNESS = 1.5  # pixels drawn for each pixel shown, for screens with small pixels

AGAINST = {
    "epochs": "epochs",
    "updates": "updates of the parameters",
    "operations": "million operations of both passes",
    "seconds": "CPU time in seconds",
}
PARTS = {"train": ("train",), "val": ("val",), "both": ("train", "val")}
PART_NAMES = {"train": "training", "val": "validation"}


class Plot:
    """A figure with its words; the last line of a cell shows it.

    Attributes
    ----------
    figure : matplotlib.figure.Figure
    alt : str
        What the figure shows, with its most important numbers, for whoever cannot see it.
    caption : str
        What to see in the figure, in one or two sentences.
    """

    def __init__(self, figure, alt, caption):
        self.figure = figure
        self.alt = alt
        self.caption = caption

    def png(self):
        """The figure as the bytes of a PNG image."""
        buffer = io.BytesIO()
        self.figure.savefig(buffer, format="png", dpi=PIXELS_PER_INCH * SHARPNESS)
        return buffer.getvalue()

    def save(self, path):
        """Writes the figure to a file; its ending (.png, .svg, .pdf) chooses the format."""
        self.figure.savefig(path, dpi=PIXELS_PER_INCH * SHARPNESS)

    def _repr_html_(self):
        image = base64.b64encode(self.png()).decode("ascii")
        width = round(self.figure.get_figwidth() * PIXELS_PER_INCH)
        return (
            f'<figure><img src="data:image/png;base64,{image}" width="{width}" '
            f'alt="{html.escape(self.alt)}">'
            f"<figcaption>{html.escape(self.caption)}</figcaption></figure>"
        )

    def __repr__(self):
        return f"Plot: {self.alt}"


@contextmanager
def _style():
    """Our style while a figure is drawn; the reader's own settings come back afterwards."""
    import logging

    log = logging.getLogger("matplotlib")
    level = log.level
    log.setLevel(logging.ERROR)  # the very first import reports on stderr that it lists the fonts
    try:
        import matplotlib
        import matplotlib.font_manager  # noqa: F401  lists the fonts, while the log is quiet
    finally:
        log.setLevel(level)
    with matplotlib.rc_context(STYLE):
        yield


def _styled(draw):
    @functools.wraps(draw)
    def styled(*args, **kwargs):
        with _style():
            return draw(*args, **kwargs)

    return styled


def _figure(height, rows=1, columns=1, width=WIDTH, **subplots):
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots(rows, columns, **subplots)


def _number(value):
    """A number as one would say it: four significant digits at most, thousands apart."""
    if not math.isfinite(value):
        return str(value)
    if value == 0 or 1e-3 <= abs(value) < 1e4:
        return f"{value:.4g}"
    return f"{value:,.0f}" if 1e4 <= abs(value) < 1e7 else f"{value:.1e}"


def _dollars(value):
    return f"-${-value:,.0f}" if value < 0 else f"${value:,.0f}"


def _thousands(axis):
    axis.set_major_formatter(lambda value, _: f"{value / 1000:,.0f}")


# Notebook 1


@_styled
def price_histogram(data):
    """How the prices are distributed. ``data``: HousePrices."""
    parts = (data.train, data.val, data.test)
    prices = data.to_dollars(np.concatenate([part.y for part in parts])).ravel()
    mean, median = prices.mean(), np.median(prices)

    figure, ax = _figure(3.6)
    ax.hist(prices, bins=np.arange(0, prices.max() + 20_000, 20_000), color=SKY, edgecolor="white")
    ax.axvline(median, color=BLACK, linestyle="-", label=f"median {_dollars(median)}")
    ax.axvline(mean, color=VERMILLION, linestyle="--", label=f"mean {_dollars(mean)}")
    _thousands(ax.xaxis)
    ax.set_xlabel("price in thousand dollars")
    ax.set_ylabel("number of houses")
    ax.legend()
    return Plot(
        figure,
        f"Histogram of the prices of {len(prices):,} houses, from {_dollars(prices.min())} to "
        f"{_dollars(prices.max())}; median {_dollars(median)}, mean {_dollars(mean)}.",
        f"Prices of {len(prices):,} houses. A few dear houses pull the mean to the right of the "
        "median.",
    )


@_styled
def price_against_features(data):
    """One scatter plot for each feature, of the training part. ``data``: HousePrices."""
    X, price = data.to_units(data.train.X), data.to_dollars(data.train.y).ravel()
    columns = min(3, len(data.features))
    rows = -(-len(data.features) // columns)
    figure, axes = _figure(2.6 * rows + 0.1, rows, columns, sharey=True, squeeze=False)

    said = []
    for ax, name, x in zip(axes.flat, data.features, X.T, strict=False):
        r = np.corrcoef(x, price)[0, 1]
        said.append(f"{name} {r:.2f}")
        ax.scatter(x, price, s=7, color=BLUE, alpha=0.3, linewidths=0)
        ax.set_title(f"{name}  (r = {r:.2f})")
        unit = UNITS[name]
        ax.set_xlabel(name if unit == "year" else unit)
        ax.locator_params(axis="x", nbins=5)
    for ax in axes.flat[len(data.features) :]:
        ax.set_visible(False)
    for ax in axes[:, 0]:
        _thousands(ax.yaxis)
        ax.set_ylabel("price in thousand $")
    axes[0, 0].set_ylim(bottom=0)
    return Plot(
        figure,
        f"Scatter plots of the price against each of {len(data.features)} features, "
        f"{len(price):,} houses. Correlation with the price: {', '.join(said)}.",
        f"The {len(price):,} houses of the training part: price against each feature, with the "
        "correlation r. No single feature explains the price, and not every cloud is straight.",
    )


@_styled
def compute_graph():
    """The two-layer network as a compute graph, with the forward and the backward pass."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.0, 3.1))
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set_xlim(0, 8.0)
    ax.set_ylim(0.15, 3.25)
    ax.axis("off")

    line, top = 1.55, 2.85
    X, affine1, sigmoid, affine2, mse, J = 0.42, 1.75, 3.35, 4.95, 6.45, 7.62
    box, circle = 0.42, 0.27  # half the width of an operation, radius of a value
    _value(ax, X, line, "X")
    _operation(ax, affine1, line, "affine")
    _operation(ax, sigmoid, line, "sigmoid")
    _operation(ax, affine2, line, "affine")
    _operation(ax, mse, line, "MSE")
    _value(ax, J, line, "J")

    edges = (
        (X + circle, affine1 - box, "", "dX", GREY),
        (affine1 + box, sigmoid - box, "z", "dz", RUST),
        (sigmoid + box, affine2 - box, "h", "dh", RUST),
        (affine2 + box, mse - box, "ŷ", "dŷ", RUST),
        (mse + box, J - circle, "", "1", RUST),
    )
    for start, end, value, gradient, colour in edges:
        middle = (start + end) / 2
        _forward_arrow(ax, (start, line + 0.11), (end, line + 0.11))
        _backward_arrow(ax, (end, line - 0.11), (start, line - 0.11), colour)
        ax.text(middle, line + 0.2, value, ha="center", va="bottom", fontsize=12)
        ax.text(middle, line - 0.22, gradient, ha="center", va="top", fontsize=12, color=colour)

    for centre, n in ((affine1, "1"), (affine2, "2")):
        for side, name in ((-0.43, f"W{n}"), (0.43, f"b{n}")):
            _value(ax, centre + side, top, name)
            outwards = math.copysign(0.11, side)
            low, high = line + 0.3, top - 0.25  # where a line 0.11 off centre meets the circle
            inner, outer = centre + side * 0.55 - outwards / 2, centre + side - outwards
            _forward_arrow(ax, (outer, high), (inner, low))
            _backward_arrow(ax, (inner + 1.6 * outwards, low), (outer + 2.1 * outwards, high), RUST)
            ax.text(
                centre + side + 1.2 * outwards,
                (low + high) / 2 + 0.02,
                f"d{name}",
                ha="right" if side < 0 else "left",
                va="center",
                fontsize=12,
                color=RUST,
            )
    _value(ax, mse, top, "y")
    _forward_arrow(ax, (mse, top - circle), (mse, line + 0.3))

    _forward_arrow(ax, (1.35, 0.42), (1.95, 0.42))
    ax.text(2.05, 0.42, "forward pass: values", va="center", fontsize=11)
    _backward_arrow(ax, (4.95, 0.42), (4.35, 0.42), RUST)
    ax.text(5.05, 0.42, "backward pass: gradients of J", va="center", fontsize=11, color=RUST)
    return Plot(
        figure,
        "Compute graph of the two-layer network. Forward, solid arrows from left to right: X goes "
        "into affine with W1 and b1 and gives z, sigmoid gives h, affine with W2 and b2 gives ŷ, "
        "MSE with the target y gives J. Backward, dashed arrows from right to left: 1, dŷ, dh, dz, "
        "dX; on the way dW2 and db2 leave the second affine layer, dW1 and db1 the first.",
        "Values flow forward along the solid arrows, gradients of J backward along the dashed "
        "ones: dz is short for ∂J/∂z. Every box turns the gradient of its output into the "
        "gradients of its inputs. Nobody needs dX, because the data are not trained.",
    )


def _value(ax, x, y, name):
    from matplotlib.patches import Circle

    ax.add_patch(Circle((x, y), 0.27, facecolor="white", edgecolor=BLACK, linewidth=1.4))
    ax.text(x, y - 0.01, name, ha="center", va="center", fontsize=12)


def _operation(ax, x, y, name):
    from matplotlib.patches import FancyBboxPatch

    shape = "round,pad=0.02,rounding_size=0.1"
    ax.add_patch(
        FancyBboxPatch(
            (x - 0.40, y - 0.28), 0.80, 0.56, shape, facecolor="#DCEBF5", edgecolor=BLUE, lw=1.4
        )
    )
    ax.text(x, y - 0.01, name, ha="center", va="center", fontsize=12)


def _forward_arrow(ax, start, end):
    _arrow(ax, start, end, BLACK, "-")


def _backward_arrow(ax, start, end, colour):
    _arrow(ax, start, end, colour, (0, (3.5, 2)))


def _arrow(ax, start, end, colour, linestyle):
    from matplotlib.patches import FancyArrowPatch

    # Shaft and head are drawn apart: a dashed outline would tear the head to pieces.
    direction = np.subtract(end, start) / math.dist(start, end)
    neck, tip = end - 0.08 * direction, end - 0.012 * direction
    ax.plot(*zip(start, neck, strict=True), color=colour, linestyle=linestyle, linewidth=1.6)
    ax.add_patch(
        FancyArrowPatch(
            neck, tip, arrowstyle="-|>", mutation_scale=13, shrinkA=0, shrinkB=0, lw=0, color=colour
        )
    )


@_styled
def sigmoid_curve():
    """The sigmoid and its derivative."""
    x = np.linspace(-8, 8, 401)
    sigmoid = 1 / (1 + np.exp(-x))
    figure, ax = _figure(3.3)
    looks = ({**LOOKS[0], "markevery": 50}, {**LOOKS[1], "markevery": 50})
    ax.plot(x, sigmoid, label="σ(x)", **looks[0])
    ax.plot(x, sigmoid * (1 - sigmoid), label="σ'(x), its slope", **looks[1])
    ax.set_xlabel("x (no unit)")
    ax.set_ylabel("value (no unit)")
    ax.set_yticks([0, 0.25, 0.5, 0.75, 1])
    ax.legend()
    return Plot(
        figure,
        "Two curves for x from -8 to 8. The sigmoid rises from 0 to 1 and is 0.5 at x = 0. Its "
        "derivative is a bump, highest at x = 0 with 0.25 and below 0.01 beyond |x| = 5.",
        "The sigmoid is steepest at 0, where its slope is 1/4. Far from 0 it is flat: almost no "
        "gradient comes back through it.",
    )


@_styled
def numeric_gradient_error(steps, errors):
    """Error of central differences against the step.

    ``steps`` and ``errors`` are sequences of positive numbers: the step h and the largest error of
    the numeric gradient made with it.
    """
    steps, errors = np.asarray(steps, float), np.asarray(errors, float)
    best = int(np.argmin(errors))
    figure, ax = _figure(3.8)
    ax.loglog(steps, errors, **LOOKS[0])
    ax.plot(
        steps[best], errors[best], "*", color=VERMILLION, markersize=15,
        label=f"smallest error {errors[best]:.0e} at h = {steps[best]:.0e}",
    )  # fmt: skip
    ax.set_xlabel("step h of the central difference")
    ax.set_ylabel("largest error")
    ax.margins(y=0.12)
    ax.text(0.03, 0.06, "← h too small: rounding", transform=ax.transAxes, color=GREY)
    ax.text(0.97, 0.06, "h too large: curvature →", transform=ax.transAxes, color=GREY, ha="right")
    ax.legend(loc="upper center")
    return Plot(
        figure,
        f"Error of the numeric gradient against the step h, both axes logarithmic: a V. The error "
        f"is {errors[np.argmin(steps)]:.0e} at h = {steps.min():.0e}, smallest with "
        f"{errors[best]:.0e} at h = {steps[best]:.0e}, and {errors[np.argmax(steps)]:.0e} at "
        f"h = {steps.max():.0e}.",
        "A V on logarithmic axes. On the right the difference misses the curvature, so the error "
        "falls with h²; on the left rounding takes over and the error grows as 1/h.",
    )


@_styled
def loss_curves(histories, against="epochs", part="both", *, log=True, references=None):
    """Loss against what it cost.

    Parameters
    ----------
    histories : dict of str to History, or to a list of History
        Label -> a training run; or a list of runs with different seeds, drawn as their median with
        a band from the lowest to the highest.
    against : "epochs", "updates", "operations" or "seconds"
    part : "train", "val" or "both"
    log : bool
        Logarithmic axis for the loss.
    references : dict of str to float, optional
        Label -> a loss to compare with, drawn as a horizontal line.

    Raises
    ------
    ValueError
        For another word in ``against`` or ``part``.
    """
    if part not in PARTS:
        raise ValueError(f"part must be one of {', '.join(PARTS)}, not {part!r}")
    figure, ax = _figure(4.2)
    said, ends = _draw_losses(ax, histories, against, PARTS[part], log, references)
    lowest = min(ends, key=ends.get)
    what = "loss" if part == "both" else f"{PART_NAMES[part]} loss"
    ax.set_ylabel(f"{what} (MSE of standardised prices)")
    ax.legend()
    scale = ", logarithmic axis" if log else ""
    seeds = max(len(_runs(runs)) for runs in histories.values())
    bands = f" Lines are medians over {seeds} seeds, bands go from lowest to highest."
    return Plot(
        figure,
        f"The {what}{scale}, against {AGAINST[against]}. " + " ".join(said),
        f"The {what} against {AGAINST[against]}. Lowest at the end: {lowest}, {ends[lowest]:.3g}."
        + (bands if seeds > 1 else ""),
    )


def _draw_losses(ax, histories, against, parts, log, references=None, marks=8, first=0):
    """Draws the curves from epoch ``first`` on.

    Returns a list with a sentence about each, and a dict of their names to their last losses.
    """
    if against not in AGAINST:
        raise ValueError(f"against must be one of {', '.join(AGAINST)}, not {against!r}")
    said, ends = [], {}
    for look, (label, runs) in zip(_looks(len(histories)), histories.items(), strict=True):
        runs = _runs(runs)
        for which in parts:
            length = min(_finite_epochs(run, which) for run in runs)
            curves = np.array([getattr(run, f"{which}_loss")[first:length] for run in runs])
            x = np.median([getattr(run, against)[first:length] for run in runs], axis=0)
            middle = np.median(curves, axis=0)
            drawn = dict(look)
            name = label
            if len(parts) > 1:
                name = f"{label}, {PART_NAMES[which]}"
                drawn["linestyle"] = "-" if which == "train" else "--"
                drawn["markerfacecolor"] = look["color"] if which == "train" else "white"
            if len(runs) > 1:
                low, high = curves.min(axis=0), curves.max(axis=0)
                ax.fill_between(x, low, high, color=look["color"], alpha=0.18, linewidth=0)
            ax.plot(x, middle, label=name, markevery=max(1, len(x) // marks), **drawn)
            said.append(
                f"{name}: from {_number(middle[0])} to {_number(middle[-1])} "
                f"after {_number(x[-1])} {against}."
            )
            ends[name] = middle[-1]
    for style, (label, value) in zip(("-.", ":", "--"), (references or {}).items(), strict=False):
        ax.axhline(value, color=GREY, linestyle=style, label=label)
        said.append(f"Reference line {label}: {_number(value)}.")
    ax.set_xlabel(AGAINST[against])
    if against in ("epochs", "updates"):
        _whole_numbers(ax.xaxis)
    if against == "operations":
        ax.xaxis.set_major_formatter(lambda value, _: f"{value / 1e6:g}")
    if log:
        ax.set_yscale("log")
        _plain_log_ticks(ax.yaxis)
    return said, ends


def _finite_epochs(run, which):
    """Number of measurements before a run diverged; all of them if it did not."""
    losses = getattr(run, f"{which}_loss")
    finite = np.isfinite(losses)
    return len(losses) if finite.all() else int(np.argmin(finite))


def _runs(runs):
    return runs if isinstance(runs, (list, tuple)) else [runs]


def _whole_numbers(axis):
    from matplotlib.ticker import MaxNLocator

    axis.set_major_locator(MaxNLocator(nbins=8, integer=True, steps=[1, 2, 5, 10]))


def _looks(count):
    return [LOOKS[i % len(LOOKS)] for i in range(count)]


def _plain_log_ticks(axis):
    """Ticks written as plain numbers, the more in a decade the fewer decades there are."""
    from matplotlib.ticker import LogLocator, NullLocator

    low, high = axis.get_view_interval()
    decades = math.log10(high / low)
    subs = (1, 1.5, 2, 3, 5, 7) if decades < 2 else (1, 2, 5) if decades < 4 else (1,)
    axis.set_major_locator(LogLocator(subs=subs))
    axis.set_major_formatter(lambda value, _: f"{value:g}")
    axis.set_minor_locator(NullLocator())


@_styled
def predicted_against_true(predicted_dollars, true_dollars):
    """Each house as a point: what the net says against what was paid, both in dollars."""
    predicted, true = np.ravel(predicted_dollars), np.ravel(true_dollars)
    error = np.abs(predicted - true)
    within = np.mean(error <= 0.1 * true)
    low = min(0, predicted.min(), true.min())
    high = 1.03 * max(predicted.max(), true.max())

    figure, ax = _figure(5.2, width=6.0)
    ax.scatter(true, predicted, s=12, color=BLUE, alpha=0.4, linewidths=0, label="one house")
    ax.plot([low, high], [low, high], color=BLACK, linestyle="--", label="predicted = paid")
    ax.set_xlim(low, high)
    ax.set_ylim(low, high)
    ax.set_aspect("equal")
    _thousands(ax.xaxis)
    _thousands(ax.yaxis)
    ax.set_xlabel("price paid, in thousand dollars")
    ax.set_ylabel("predicted price, in thousand dollars")
    ax.legend(loc="lower right")  # at the upper left it would hide a house that sold far too low
    return Plot(
        figure,
        f"Scatter plot of the predicted against the paid price of {len(true):,} houses, with the "
        f"diagonal. The mean absolute error is {_dollars(error.mean())}; {within:.0%} of the "
        f"predictions are within 10 % of the price, the largest error is {_dollars(error.max())}.",
        f"A perfect prediction would lie on the dashed diagonal. {within:.0%} of the houses are "
        "predicted to within 10 % of their price.",
    )


@_styled
def errors_in_dollars(errors):
    """One bar for each way to predict. ``errors``: dict of name to mean absolute error in $."""
    names, values = list(errors), np.array(list(errors.values()), float)
    figure, ax = _figure(0.9 + 0.5 * len(names))
    hatches = ("", "//", "..", "xx", "\\\\", "--", "++")
    for place, value in enumerate(values):
        ax.barh(
            place, value, height=0.62, edgecolor="white",
            color=LOOKS[place % len(LOOKS)]["color"], hatch=hatches[place % len(hatches)],
        )  # fmt: skip
        ax.text(value + 0.012 * values.max(), place, _dollars(value), va="center")
    ax.set_yticks(range(len(names)), names)
    ax.invert_yaxis()
    ax.grid(axis="y", visible=False)
    ax.set_xlim(0, 1.15 * values.max())
    _thousands(ax.xaxis)
    ax.set_xlabel("mean absolute error, in thousand dollars")
    said = ", ".join(f"{name} {_dollars(value)}" for name, value in zip(names, values, strict=True))
    best = names[int(np.argmin(values))]
    return Plot(
        figure,
        f"Bar chart of the mean absolute error: {said}.",
        f"Mean absolute error in dollars; shorter is better. The smallest is that of {best}.",
    )


@_styled
def gradient_comparison(wanted, got, name="gradient"):
    """A gradient as it should be, as it is, and the difference, as three heat maps.

    ``wanted`` and ``got`` are arrays of any shape; more than two dimensions are flattened to
    (first, all others), one dimension becomes one row. If the two shapes differ there is no
    difference to show, and the titles say the shapes.
    """
    wanted, got = np.asarray(wanted, float), np.asarray(got, float)
    comparable = wanted.shape == got.shape
    maps = {f"{name}, expected": wanted, f"{name}, yours": got}
    if comparable:
        maps["yours - expected"] = got - wanted
    grids = {title: _as_grid(values) for title, values in maps.items()}
    finite = np.abs(np.concatenate([grid.ravel() for grid in grids.values()]))
    finite = finite[np.isfinite(finite)]
    limit = finite.max() if finite.size and finite.max() > 0 else 1.0

    rows = max(grid.shape[0] for grid in grids.values())
    figure, axes = _figure(min(4.4, 1.7 + 0.3 * rows), 1, len(grids), squeeze=False)
    for ax, (title, grid) in zip(axes[0], grids.items(), strict=True):
        shown = np.ma.masked_invalid(grid)
        image = ax.imshow(shown, cmap="PuOr", vmin=-limit, vmax=limit, aspect="auto")
        ax.set_facecolor("#BBBBBB")
        ax.grid(False)
        ax.set_title(title if comparable else f"{title}\nshape {maps[title].shape}")
        ax.set_xlabel("column")
        for axis, size in ((ax.yaxis, grid.shape[0]), (ax.xaxis, grid.shape[1])):
            if size <= 8:
                axis.set_ticks(range(size))
            else:
                _whole_numbers(axis)
        if grid.shape[0] <= 8 and grid.shape[1] <= 5:
            _write_numbers(ax, grid, limit)
    axes[0, 0].set_ylabel("row")
    figure.colorbar(image, ax=axes[0].tolist(), label="value", shrink=0.9)
    return Plot(figure, *_gradient_words(wanted, got, name, comparable))


def _as_grid(values):
    if values.ndim < 2:
        return values.reshape(1, -1)
    return values.reshape(values.shape[0], -1)


def _write_numbers(ax, grid, limit):
    decimals = 2 - math.floor(math.log10(limit))
    form = f".{max(decimals, 0)}f" if -1 <= decimals <= 4 else ".0e"
    for (row, column), value in np.ndenumerate(grid):
        colour = "white" if abs(value) > 0.6 * limit else BLACK
        ax.text(column, row, f"{value:{form}}", ha="center", va="center", fontsize=9, color=colour)


def _gradient_words(wanted, got, name, comparable):
    if not comparable:
        words = f"{name} should have shape {wanted.shape} but yours has shape {got.shape}."
        return f"Two heat maps. {words}", words
    bad = int(np.sum(~np.isfinite(got)))
    if bad:
        words = f"{bad} of {got.size} entries of your {name} are not finite (grey)."
        return f"Three heat maps of {name}: expected, yours, and the difference. {words}", words
    difference = np.abs(got - wanted)
    where = tuple(int(i) for i in np.unravel_index(np.argmax(difference), difference.shape))
    words = (
        f"The largest difference is {_number(float(difference.max()))}, at {where}: "
        f"expected {_number(float(wanted[where]))}, yours {_number(float(got[where]))}."
    )
    return f"Three heat maps of {name}: expected, yours, and the difference. {words}", words


# Notebook 2a


@_styled
def memory_against_batch(sizes, forward, backward):
    """Bytes held after the forward and after the backward pass, against the batch size."""
    figure, ax = _figure(3.8)
    ax.loglog(sizes, backward, label="after the backward pass: cache and gradients", **LOOKS[1])
    ax.loglog(sizes, forward, label="after the forward pass: cache", **LOOKS[0])
    ax.set_xlabel("batch size (houses)")
    ax.set_ylabel("memory held, in bytes")
    _batch_sizes(ax, sizes)
    ax.legend()
    said = "; ".join(
        f"batch {size:,}: {before:,} and {after:,}"
        for size, before, after in zip(sizes, forward, backward, strict=True)
    )
    return Plot(
        figure,
        "Memory held after the forward and after the backward pass, in bytes, against the batch "
        f"size, both axes logarithmic. {said}.",
        "Memory on logarithmic axes. The cache grows in proportion to the batch; the gradients "
        "add the same amount at every batch size.",
    )


@_styled
def operations_against_batch(sizes, per_step, passes_per_epoch, updates_per_epoch):
    """Operations of one step, and of one epoch with what the updates add on top.

    All are sequences as long as ``sizes``: operations of both passes of one step, of both passes of
    all steps of an epoch, and of all updates of an epoch.
    """
    passes, updates = np.array(passes_per_epoch, float), np.array(updates_per_epoch, float)
    figure, (left, right) = _figure(3.7, 1, 2)
    left.loglog(sizes, per_step, **LOOKS[0])
    left.set_title("one step, both axes logarithmic")
    left.set_xlabel("batch size (houses)")
    left.set_ylabel("operations of both passes")
    _batch_sizes(left, sizes)

    places = range(len(sizes))
    right.bar(places, passes / 1e6, width=0.7, color=SKY, label="both passes")
    right.bar(
        places, updates / 1e6, bottom=passes / 1e6, width=0.7,
        color=VERMILLION, hatch="//", edgecolor="white", label="updates",
    )  # fmt: skip
    right.set_title("one epoch, axis from zero")
    right.set_xticks(places, [f"{size:,}" for size in sizes])
    right.set_ylim(0, 1.35 * (passes + updates).max() / 1e6)
    right.set_xlabel("batch size (houses)")
    right.set_ylabel("million operations")
    right.grid(axis="x", visible=False)
    right.legend(loc="upper center", ncols=2)
    said = "; ".join(
        f"batch {size:,}: {step:,} a step, {_number(p / 1e6)} million an epoch and "
        f"{_number(u / 1e6)} million for the updates"
        for size, step, p, u in zip(sizes, per_step, passes, updates, strict=True)
    )
    return Plot(
        figure,
        f"Two charts of the floating-point operations against the batch size. {said}.",
        "Left: one step costs in proportion to the batch. Right: an epoch costs about the same at "
        "every batch size.",
    )


def _batch_sizes(ax, sizes):
    ax.set_xticks(sizes, [f"{size:,}" for size in sizes])
    ax.minorticks_off()


@_styled
def step_losses(histories, last=3):
    """The loss of every minibatch of one run for each batch size, one below the other.

    ``histories``: label -> list of History; the first is drawn. The spread written beside each is
    the standard deviation over the last ``last`` epochs.
    """
    figure, axes = _figure(
        1.25 * len(histories) + 0.5, len(histories), sharex=True, sharey=True, squeeze=False
    )
    said = []
    for ax, look, (label, runs) in zip(
        axes[:, 0], _looks(len(histories)), histories.items(), strict=True
    ):
        history = _runs(runs)[0]
        losses = np.array(history.step_loss)
        epochs = np.arange(len(losses)) * history.epochs[-1] / len(losses)
        tail = losses[epochs >= history.epochs[-1] - last]
        sparse = len(losses) <= 200
        ax.semilogy(
            epochs, losses, color=look["color"], linewidth=1.2 if sparse else 0.4,
            marker=look["marker"] if sparse else None, markersize=3,
        )  # fmt: skip
        ax.set_title(
            f"{label}: {len(losses):,} steps, standard deviation {tail.std():.2f}",
            loc="left", fontsize=9.5,
        )  # fmt: skip
        said.append(f"{label} {tail.std():.2f}")
    axes[0, 0].set_ylim(3e-3, 30)
    axes[0, 0].set_yticks([0.01, 0.1, 1, 10], ["0.01", "0.1", "1", "10"])
    for ax in axes[:, 0]:
        ax.minorticks_off()
    axes[-1, 0].set_xlabel("epochs")
    figure.supylabel("loss of the minibatch (MSE, logarithmic)", fontsize=10.5)
    return Plot(
        figure,
        "Loss of every minibatch against epochs, one panel for each batch size. Standard deviation "
        f"over the last {last} epochs: {', '.join(said)}.",
        "Loss of each minibatch, just before the update it led to. The standard deviation is over "
        f"the last {last} epochs. The smallest losses of single houses are cut off.",
    )


@_styled
def final_losses(histories):
    """The last training and validation loss of every seed, one point each.

    ``histories``: label -> list of History.
    """
    figure, axes = _figure(0.45 * len(histories) + 1.4, 1, 2, sharey=True)
    said = []
    for ax, which in zip(axes, ("train", "val"), strict=True):
        for place, (label, look) in enumerate(zip(histories, _looks(len(histories)), strict=True)):
            last = np.array([getattr(run, f"{which}_loss")[-1] for run in histories[label]])
            ax.plot(
                last, place + np.linspace(-0.2, 0.2, len(last)), linestyle="",
                marker=look["marker"], color=look["color"], alpha=0.75,
            )  # fmt: skip
            ax.plot([np.median(last)] * 2, [place - 0.32, place + 0.32], color=BLACK)
            said.append(
                f"{label}, {PART_NAMES[which]}: {_number(last.min())} to {_number(last.max())}, "
                f"median {_number(np.median(last))}."
            )
        ax.set_xscale("log")
        _plain_log_ticks(ax.xaxis)
        ax.set_title(f"{PART_NAMES[which]} part")
        ax.set_xlabel("last loss (MSE)")
        ax.grid(axis="y", visible=False)
    axes[0].set_yticks(range(len(histories)), list(histories))
    axes[0].invert_yaxis()
    return Plot(
        figure,
        f"Last loss of every seed, logarithmic axis. {' '.join(said)}",
        "Each point is one seed; the black bar is the median. Both axes are logarithmic.",
    )


@_styled
def speed_of_convergence(histories, part="train"):
    """One loss against epochs, operations, updates and seconds, in four panels.

    ``histories``: label -> History or list of History. Updates and seconds span decades, so their
    axes are logarithmic and start at the end of the first epoch.
    """
    figure, axes = _figure(6.4, 2, 2, sharey=True)
    for ax, against in zip(axes.flat, ("epochs", "operations", "updates", "seconds"), strict=True):
        decades = against in ("updates", "seconds")
        said, _ = _draw_losses(
            ax, histories, against, PARTS[part], log=True, marks=6, first=int(decades)
        )
        if decades:
            ax.set_xscale("log")
        if against == "epochs":
            in_words = " ".join(said)
    for ax in axes[:, 0]:
        ax.set_ylabel(f"{PART_NAMES[part]} loss (MSE)")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=min(5, len(labels)))
    return Plot(
        figure,
        f"Four panels with the same {PART_NAMES[part]} losses against epochs, operations, updates "
        f"and seconds. {in_words}",
        "The same runs four times; only the horizontal axis differs. Updates and seconds have "
        "logarithmic axes, from the end of the first epoch on. Lines are medians over the seeds, "
        "bands go from lowest to highest.",
    )


@_styled
def gradient_noise(sizes, measured, formula, gradient_length):
    """Length of the gradient noise against the batch size.

    ``measured`` is a sequence as long as ``sizes``, ``formula`` a function of the batch size;
    ``gradient_length`` is the length of the gradient over all houses, a horizontal line.
    """
    sizes, measured = np.asarray(sizes), np.asarray(measured, float)
    visible = measured > 1e-9 * measured[0]  # at the full batch nothing but rounding is left
    figure, ax = _figure(4.2)
    smooth = np.geomspace(sizes[0], sizes[visible][-1], 50)
    ax.loglog(
        smooth, formula(sizes[0]) * np.sqrt(sizes[0] / smooth),
        color=GREY, linestyle=":", label=r"slope -1/2: $1/\sqrt{B}$",
    )  # fmt: skip
    ax.loglog(
        smooth, formula(smooth), color=BLACK, linestyle="--", label="formula, without replacement"
    )
    ax.loglog(
        sizes[visible], measured[visible], linestyle="", marker="o", color=BLUE, label="measured"
    )
    ax.axhline(
        gradient_length, color=VERMILLION, linestyle="-.", label="length of the full gradient"
    )
    ax.set_xlabel("batch size B (houses)")
    ax.set_ylabel("length of the noise (no unit)")
    _batch_sizes(ax, sizes[visible])
    _plain_log_ticks(ax.yaxis)
    ax.legend()
    said = ", ".join(
        f"B = {size:,}: {_number(value)}"
        for size, value in zip(sizes[visible], measured[visible], strict=True)
    )
    return Plot(
        figure,
        f"Length of the gradient noise against the batch size, both axes logarithmic. {said}. The "
        f"full gradient has length {_number(gradient_length)}.",
        "Measured noise of the minibatch gradient and two curves with nothing fitted. The full "
        "batch is not drawn: its noise is 0, which has no place on a logarithmic axis.",
    )


@_styled
def minibatch_validation(losses, whole):
    """Validation loss of one fixed network, minibatch by minibatch.

    ``losses``: label -> array of the losses of the minibatches; ``whole``: the loss of the part.
    """
    figure, ax = _figure(3.9)
    said = []
    rng = np.random.default_rng(0)  # spreads the points sideways, so that they do not hide
    for place, (look, (label, values)) in enumerate(
        zip(_looks(len(losses)), losses.items(), strict=True)
    ):
        values = np.asarray(values)
        sideways = place + rng.uniform(-0.3, 0.3, len(values))
        ax.plot(
            sideways, values, linestyle="", marker=look["marker"], color=look["color"],
            alpha=0.45, markeredgewidth=0, markersize=5,
        )  # fmt: skip
        said.append(f"{label}: {_number(values.min())} to {_number(values.max())}")
    ax.axhline(whole, color=BLACK, linestyle="--", label=f"whole part: {whole:.3f}")
    ax.set_yscale("log")
    ax.set_xticks(range(len(losses)), list(losses))
    ax.set_ylabel("validation loss (MSE)")
    ax.grid(axis="x", visible=False)
    ax.legend(loc="lower right")
    return Plot(
        figure,
        "Validation losses of one network on minibatches, logarithmic axis. "
        f"{'; '.join(said)}. On the whole part: {_number(whole)}.",
        "Each point is one minibatch of the validation part. The network is the same for all "
        "points, so all of the scatter comes from measuring.",
    )


@_styled
def validation_against_training(histories):
    """Validation loss against training loss, after every epoch of every run.

    ``histories``: label -> list of History.
    """
    figure, ax = _figure(4.4)
    said = []
    for look, (label, runs) in zip(_looks(len(histories)), histories.items(), strict=True):
        train = np.concatenate([run.train_loss for run in runs])
        val = np.concatenate([run.val_loss for run in runs])
        ax.loglog(
            train, val, linestyle="", marker=look["marker"], color=look["color"], alpha=0.5,
            markeredgewidth=0, label=label, zorder=2 + 1 / len(train),  # the fewest on top
        )  # fmt: skip
        last = np.median([(run.train_loss[-1], run.val_loss[-1]) for run in runs], axis=0)
        said.append(f"{label} ends at {_number(last[0])} and {_number(last[1])}.")
    for axis in (ax.xaxis, ax.yaxis):
        _plain_log_ticks(axis)
    ax.set_xlabel("training loss (MSE)")
    ax.set_ylabel("validation loss (MSE)")
    ax.legend()
    return Plot(
        figure,
        "Validation loss against training loss after every epoch, both axes logarithmic. "
        f"{' '.join(said)}",
        "Each point is one run after one epoch, measured on the whole of both parts.",
    )


# Notebook 2b

ROW = 0.055  # of a figure's height: a line of text


@_styled
def paths_in_a_valley(f, paths, minimum=(0.0, 0.0)):
    """The paths of several optimizers over the contour lines of a function of two parameters.

    Parameters
    ----------
    f : callable
        Values (...) of an array of points (..., 2). Its smallest value is 0.
    paths : dict of str to array (steps + 1, 2)
        Label -> every point of a path, the start first.
    minimum : pair of float

    The picture reaches three times as far as the start. A path that goes further is cut off there.
    """
    paths = {label: np.asarray(path, float) for label, path in paths.items()}
    points = np.concatenate([*paths.values(), [minimum]])
    reach = 3 * max(np.abs(path[0] - minimum).max() for path in paths.values())
    near = points[np.all(np.abs(points - minimum) <= reach, axis=1)]
    low, high = near.min(axis=0), near.max(axis=0)
    low, high = low - 0.08 * (high - low), high + 0.08 * (high - low)
    grid = np.stack(
        np.meshgrid(np.linspace(low[0], high[0], 200), np.linspace(low[1], high[1], 200)), axis=-1
    )
    heights = f(grid)
    with np.errstate(over="ignore", invalid="ignore"):  # a path may leave this world
        heights_of = {label: f(path) for label, path in paths.items()}
    figure, axes = _figure(1.9 * len(paths) + 0.4, len(paths), sharex=True, squeeze=False)
    levels = np.geomspace(1e-3, 1, 9) * heights.max()
    for ax, look, (label, path) in zip(axes[:, 0], _looks(len(paths)), paths.items(), strict=True):
        ax.contour(*np.moveaxis(grid, -1, 0), heights, levels, colors=GREY, linewidths=0.7)
        shown = np.where(np.abs(path - minimum) <= reach, path, np.nan)
        ax.plot(*shown.T, label=label, **{**look, "linewidth": 1.3, "markersize": 4})
        start = ax.plot(*path[0], "o", color=BLACK, markersize=8, markerfacecolor="white")
        star = ax.plot(*minimum, "*", color=BLACK, markersize=12, zorder=1.9)
        ax.set_ylabel("$θ_2$")
        ax.grid(False)
        ax.set_title(f"{label}: f = {heights_of[label][-1]:.2g} after {len(path) - 1} steps")
    axes[-1, 0].set_xlabel("$θ_1$")
    figure.legend([*start, *star], ["start", "minimum"], loc="outside lower right", ncols=2)
    said = " ".join(
        f"{label}: from f = {heights_of[label][0]:.2g} to {heights_of[label][-1]:.2g} in "
        f"{len(path) - 1} steps, crossing the valley's floor {_crossings(path, minimum)} times."
        for label, path in paths.items()
    )
    return Plot(
        figure,
        "Contour lines of a long, narrow valley, once for each optimizer, with its path from the "
        f"same start. {said}",
        "The same valley and the same start, one optimizer a picture. Every marker is a step.",
    )


def _crossings(path, minimum):
    side = np.sign(path[:, 1] - minimum[1])
    return int(np.sum(side[1:] * side[:-1] < 0))


@_styled
def over_steps(series, what, *, first=0, log=False, references=None):
    """Something measured at every step of an optimizer.

    ``series`` is a dict of label to numbers, ``what`` the label of the vertical axis, ``first`` the
    number of the first step, and ``references`` a dict of label to a horizontal line.
    """
    figure, ax = _figure(3.8)
    said = []
    for look, (label, values) in zip(_looks(len(series)), series.items(), strict=True):
        steps = first + np.arange(len(values))
        ax.plot(steps, values, label=label, markevery=max(1, len(values) // 12), **look)
        said.append(
            f"{label}: {_number(float(values[0]))} at first, {_number(float(values[-1]))} at last, "
            f"at most {_number(float(np.max(values)))}."
        )
    for style, (label, value) in zip((":", "--", "-."), (references or {}).items(), strict=False):
        ax.axhline(value, color=GREY, linestyle=style, label=label)
        said.append(f"Reference line {label}: {_number(value)}.")
    ax.set_xlabel("step")
    ax.set_ylabel(what)
    if log:
        ax.set_yscale("log")
    ax.legend()
    scale = ", on a logarithmic axis" if log else ""
    return Plot(
        figure,
        f"Lines of {what}{scale} against the step. {' '.join(said)}",
        f"Step by step: {what}. At the end: "
        + ", ".join(f"{label} {_number(float(values[-1]))}" for label, values in series.items())
        + ".",
    )


@_styled
def learning_rate_sweep(losses):
    """The final validation loss against the learning rate, for several optimizers.

    ``losses`` is a dict of optimizer to a dict of learning rate to the final losses of all seeds,
    infinite for a run that has diverged. A learning rate has a median (the line) if more than half
    of its runs have not diverged; every single run is a small point.
    """
    figure, ax = _figure(4.4)
    said, seen = [], []
    for place, (look, (label, by_rate)) in enumerate(
        zip(_looks(len(losses)), losses.items(), strict=True)
    ):
        shift = 1.07 ** (place - (len(losses) - 1) / 2)  # side by side, so that none hides another
        rates = np.array(sorted(by_rate))
        runs = np.array([by_rate[rate] for rate in rates])
        middle = np.median(runs, axis=1)
        tame = np.isfinite(middle)
        ax.plot(rates[tame] * shift, middle[tame], label=label, **look)
        points = np.where(np.isfinite(runs), runs, np.nan)
        ax.plot(rates * shift, points, ".", color=look["color"], markersize=4)
        seen.append(runs[np.isfinite(runs)])

        counts = np.sum(~np.isfinite(runs), axis=1)
        lost = {rate: count for rate, count in zip(rates, counts, strict=True) if count}
        for rate, count in lost.items():
            height = 0.97 - ROW * place
            ax.plot(
                rate, height, marker=look["marker"], color=look["color"], markerfacecolor="white",
                transform=ax.get_xaxis_transform(),
            )  # fmt: skip
            ax.annotate(
                f"✗ {count}", (rate, height), xycoords=("data", "axes fraction"),
                xytext=(6, -0.5), textcoords="offset points", va="center",
            )  # fmt: skip
        said.append(_sweep_words(label, rates, middle, lost, runs.shape[1]))
    ax.set_xscale("log")
    ax.set_yscale("log")
    seen = np.concatenate(seen)
    low, high = 0.9 * seen.min(), 1.1 * seen.max()
    used = 1 - ROW * len(losses)  # of the height; above it stand the runs that have diverged
    ax.set_ylim(low, low * (high / low) ** (1 / used))
    ax.margins(x=0.08)
    _plain_log_ticks(ax.yaxis)
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    ax.set_xlabel("learning rate λ")
    ax.set_ylabel("final validation loss (MSE of standardised prices)")
    ax.legend(loc="upper center")
    return Plot(
        figure,
        f"Final validation loss against the learning rate, both axes logarithmic. {' '.join(said)}",
        "Each point is a run, each line goes through the medians over the seeds. "
        "An empty marker with ✗ and a number: so many runs diverged at that learning rate.",
    )


def _sweep_words(label, rates, middle, lost, seeds):
    best = int(np.argmin(middle))
    words = (
        f"{label}: median {_number(float(middle[best]))} at its best learning rate "
        f"{_number(float(rates[best]))}, {_number(float(middle[0]))} at {_number(float(rates[0]))}"
    )
    for rate, count in lost.items():
        words += f", {count} of {seeds} runs diverged at {_number(float(rate))}"
    return f"{words}."
