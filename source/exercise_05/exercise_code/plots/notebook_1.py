"""The figures of notebook 1: the data, the compute graph, the layers, the trained network."""

import math

import numpy as np

from exercise_code.data.house_prices import UNITS
from exercise_code.plots.figure import (
    BLACK,
    BLUE,
    GREY,
    LOOKS,
    RUST,
    SKY,
    VERMILLION,
    Plot,
    dollars,
    in_thousands,
    number,
    styled,
    subplots,
    whole_numbers,
)


@styled
def price_histogram(data):
    """How the prices are distributed. ``data``: HousePrices."""
    parts = (data.train, data.val, data.test)
    prices = data.to_dollars(np.concatenate([part.y for part in parts])).ravel()
    mean, median = prices.mean(), np.median(prices)

    figure, ax = subplots(3.6)
    ax.hist(prices, bins=np.arange(0, prices.max() + 20_000, 20_000), color=SKY, edgecolor="white")
    ax.axvline(median, color=BLACK, linestyle="-", label=f"median {dollars(median)}")
    ax.axvline(mean, color=VERMILLION, linestyle="--", label=f"mean {dollars(mean)}")
    in_thousands(ax.xaxis)
    ax.set_xlabel("price in thousand dollars")
    ax.set_ylabel("number of houses")
    ax.legend()
    return Plot(
        figure,
        f"Histogram of the prices of {len(prices):,} houses, from {dollars(prices.min())} to "
        f"{dollars(prices.max())}; median {dollars(median)}, mean {dollars(mean)}.",
        f"Prices of {len(prices):,} houses. A few expensive houses pull the mean to the right of "
        "the median.",
    )


@styled
def price_against_features(data):
    """One scatter plot for each feature, of the training part. ``data``: HousePrices."""
    X, price = data.to_units(data.train.X), data.to_dollars(data.train.y).ravel()
    columns = min(3, len(data.features))
    rows = -(-len(data.features) // columns)
    figure, axes = subplots(2.6 * rows + 0.1, rows, columns, sharey=True, squeeze=False)

    said = []
    for ax, name, x in zip(axes.flat, data.features, X.T, strict=False):
        r = np.corrcoef(x, price)[0, 1]
        said.append(f"{name} {r:.2f}")
        ax.scatter(x, price, s=7, color=BLUE, alpha=0.3, linewidths=0)
        ax.set_title(name)
        ax.text(0.03, 0.97, f"r = {r:.2f}", transform=ax.transAxes, va="top", fontsize=9.5)
        unit = UNITS[name]
        ax.set_xlabel("year built" if unit == "year" else unit)
        ax.locator_params(axis="x", nbins=5)
    for ax in axes.flat[len(data.features) :]:
        ax.set_visible(False)
    for ax in axes[:, 0]:
        in_thousands(ax.yaxis)
        ax.set_ylabel("price in thousand $")
    axes[0, 0].set_ylim(bottom=0)
    return Plot(
        figure,
        f"Scatter plots of the price against each of {len(data.features)} features, "
        f"{len(price):,} houses. Correlation with the price: {', '.join(said)}.",
        f"The {len(price):,} houses of the training part: price against each feature, with the "
        "correlation r. No single feature explains the price, and not every cloud is straight.",
    )


@styled
def compute_graph():
    """The two-layer network as a compute graph, with the forward and the backward pass."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.0, 3.1))
    _draw_graph(figure.add_axes((0, 0, 1, 1)))
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


@styled
def gradient_map(edges):
    """The compute graph with numbers on it, and the first gradient that is not right.

    ``edges``: what ``follow_gradient`` gives. At each array stand its shape and its first number,
    and the first number of its gradient. The first wrong gradient has a frame, and is drawn below
    as it is and as it should be.
    """
    from matplotlib.figure import Figure

    wrong = edges.first_wrong
    compared = wrong is not None and wrong.yours is not None
    graph = 3.4  # inches
    height = graph + (2.1 if compared else 0)
    figure = Figure(figsize=(8.0, height))
    ax = figure.add_axes((0, 1 - graph / height, 1, graph / height))
    _draw_graph(ax, edges.edges, wrong and wrong.name)
    if compared:
        below = figure.add_gridspec(
            1, 3, left=0.08, right=0.97, bottom=0.11, top=1 - (graph + 0.4) / height, wspace=0.35
        )
        _draw_comparison([figure.add_subplot(cell) for cell in below], wrong)
    numbers = "; ".join(
        f"{edge.name} {edge.value.shape}"
        + (f", d{edge.name} begins with {_first(edge.yours)}" if edge.yours is not None else "")
        for edge in edges.edges.values()
        if edge.value is not None
    )
    key = (
        " At each array: its shape and its first number, below it the first number of your "
        "gradient. The numbers are the same at every run."
    )
    return Plot(
        figure,
        f"Compute graph of a small network with its arrays and their gradients. {edges} {numbers}.",
        f"{edges}{key if numbers else ''}",
    )


def _draw_comparison(axes, edge):
    maps = {f"d{edge.name}, numeric": edge.numeric, f"d{edge.name}, yours": edge.yours}
    if edge.yours.shape == edge.numeric.shape:
        maps["yours - numeric"] = edge.yours - edge.numeric
    grids = {title: _as_grid(values) for title, values in maps.items()}
    limit = _largest_finite(grids.values())
    for ax, (title, grid) in zip(axes, grids.items(), strict=False):
        _heat_map(ax, grid, limit)
        ax.set_xlabel("column")
        ax.set_title(title if len(maps) == 3 else f"{title}: {maps[title].shape}", fontsize=10)
    axes[0].set_ylabel("row")
    for ax in axes[len(grids) :]:
        ax.set_visible(False)


def _first(array):
    value = float(np.ravel(array)[0]) if np.size(array) else math.nan
    return f"{value:z.2f}" if abs(value) < 1000 else f"{value:.0e}"


def _draw_graph(ax, known=None, wrong=None):
    """The graph; with ``known`` edges their numbers, and a frame around the gradient ``wrong``."""
    ax.set_xlim(0, 8.0)
    ax.set_ylim(0.15, 3.55 if known else 3.25)
    ax.axis("off")
    known = known or {}

    def numbers(name):
        """Shape and first number of an array, first number of its gradient."""
        edge = known.get(name)
        if edge is None or edge.value is None:
            return "", ""
        gradient = edge.problem and "✗" or (_first(edge.yours) if edge.yours is not None else "")
        rows, *columns = edge.value.shape
        shape = f"{rows}×{columns[0]}" if columns else f"{rows}"
        return f"{shape}\n{_first(edge.value)}", gradient

    def framed(name):
        if name != wrong:
            return {}
        return {"bbox": {"boxstyle": "round,pad=0.15", "facecolor": "#FFE3D3", "edgecolor": RUST,
                         "linewidth": 2}}  # fmt: skip

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
        over, under = numbers(value or gradient[1:])
        size = 9.5 if over else 12
        text = f"{value} {over}".strip()
        ax.text(middle, line + 0.19, text, ha="center", va="bottom", fontsize=size)
        ax.text(
            middle, line - 0.22, f"{gradient}\n{under}" if under else gradient,
            ha="center", va="top", fontsize=11 if under else 12, color=colour,
            **framed(value or gradient[1:]),
        )  # fmt: skip

    for centre, n in ((affine1, "1"), (affine2, "2")):
        for side, name in ((-0.43, f"W{n}"), (0.43, f"b{n}")):
            _value(ax, centre + side, top, name)
            outwards = math.copysign(0.11, side)
            low, high = line + 0.3, top - 0.25  # where a line 0.11 off centre meets the circle
            inner, outer = centre + side * 0.55 - outwards / 2, centre + side - outwards
            _forward_arrow(ax, (outer, high), (inner, low))
            _backward_arrow(ax, (inner + 1.6 * outwards, low), (outer + 2.1 * outwards, high), RUST)
            over, under = numbers(name)
            ax.text(
                centre + side + 1.2 * outwards,
                (low + high) / 2 + (0.07 if under else 0.02),
                f"d{name}\n{under}" if under else f"d{name}",
                ha="right" if side < 0 else "left",
                va="center",
                fontsize=9.5 if under else 12,
                color=RUST,
                **framed(name),
            )
            ax.text(centre + side, top + 0.29, over, ha="center", va="bottom", fontsize=9.5)
    _value(ax, mse, top, "y")
    _forward_arrow(ax, (mse, top - circle), (mse, line + 0.3))

    _forward_arrow(ax, (1.35, 0.42), (1.95, 0.42))
    ax.text(2.05, 0.42, "forward pass: values", va="center", fontsize=11)
    _backward_arrow(ax, (4.95, 0.42), (4.35, 0.42), RUST)
    ax.text(5.05, 0.42, "backward pass: gradients of J", va="center", fontsize=11, color=RUST)


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


@styled
def sigmoid_curve():
    """The sigmoid and its derivative."""
    z = np.linspace(-8, 8, 401)
    sigmoid = 1 / (1 + np.exp(-z))
    figure, ax = subplots(3.3)
    looks = ({**LOOKS[0], "markevery": 50}, {**LOOKS[1], "markevery": 50})
    ax.plot(z, sigmoid, label="σ(z)", **looks[0])
    ax.plot(z, sigmoid * (1 - sigmoid), label="σ'(z), its slope", **looks[1])
    ax.set_xlabel("z (no unit)")
    ax.set_ylabel("value (no unit)")
    ax.set_yticks([0, 0.25, 0.5, 0.75, 1])
    ax.legend()
    return Plot(
        figure,
        "Two curves for z from -8 to 8. The sigmoid rises from 0 to 1 and is 0.5 at z = 0. Its "
        "derivative is a bump, highest at z = 0 with 0.25 and below 0.01 beyond |z| = 5.",
        "The sigmoid is steepest at 0, where its slope is 1/4. Far from 0 it is flat: almost no "
        "gradient comes back through it.",
    )


@styled
def numeric_gradient_error(steps, errors):
    """Error of central differences against the step.

    ``steps`` and ``errors`` are sequences of positive numbers: the step h and the largest error of
    the numeric gradient made with it.
    """
    steps, errors = np.asarray(steps, float), np.asarray(errors, float)
    best = int(np.argmin(errors))
    figure, ax = subplots(3.8)
    ax.loglog(steps, errors, **LOOKS[0])
    ax.plot(
        steps[best], errors[best], "*", color=VERMILLION, markersize=15,
        label=f"smallest error {errors[best]:.0e} at h = {steps[best]:.0e}",
    )  # fmt: skip
    ax.set_xlabel("step h of the central difference")
    ax.set_ylabel("largest error")
    ax.margins(y=0.12)
    ax.text(0.03, 0.06, "← h too small: rounding", transform=ax.transAxes, color=GREY)
    ax.text(
        0.97,
        0.06,
        "h too large: not the slope at x →",
        transform=ax.transAxes,
        color=GREY,
        ha="right",
    )
    ax.legend(loc="upper center")
    return Plot(
        figure,
        f"Error of the numeric gradient against the step h, both axes logarithmic: a V. The error "
        f"is {errors[np.argmin(steps)]:.0e} at h = {steps.min():.0e}, smallest with "
        f"{errors[best]:.0e} at h = {steps[best]:.0e}, and {errors[np.argmax(steps)]:.0e} at "
        f"h = {steps.max():.0e}.",
        "A V on logarithmic axes. On the right the step is too long for the slope at a point, and "
        "the error falls with h². On the left rounding takes over, and it grows as 1/h.",
    )


@styled
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
    limit = _largest_finite(grids.values())

    rows = max(grid.shape[0] for grid in grids.values())
    figure, axes = subplots(min(4.4, 1.7 + 0.3 * rows), 1, len(grids), squeeze=False)
    for ax, (title, grid) in zip(axes[0], grids.items(), strict=True):
        image = _heat_map(ax, grid, limit)
        ax.set_title(title if comparable else f"{title}\nshape {maps[title].shape}")
        ax.set_xlabel("column")
    axes[0, 0].set_ylabel("row")
    figure.colorbar(image, ax=axes[0].tolist(), label="value", shrink=0.9)
    return Plot(figure, *_gradient_words(wanted, got, name, comparable))


def _largest_finite(grids):
    sizes = np.abs(np.concatenate([grid.ravel() for grid in grids]))
    sizes = sizes[np.isfinite(sizes)]
    return sizes.max() if sizes.size and sizes.max() > 0 else 1.0


def _heat_map(ax, grid, limit):
    image = ax.imshow(
        np.ma.masked_invalid(grid), cmap="PuOr", vmin=-limit, vmax=limit, aspect="auto"
    )
    ax.set_facecolor("#BBBBBB")
    ax.grid(False)
    for axis, size in ((ax.yaxis, grid.shape[0]), (ax.xaxis, grid.shape[1])):
        if size <= 8:
            axis.set_ticks(range(size))
        else:
            whole_numbers(axis)
    if grid.shape[0] <= 8 and grid.shape[1] <= 5:
        _write_numbers(ax, grid, limit)
    return image


def _as_grid(values):
    if values.ndim < 2:
        return values.reshape(1, -1)
    return values.reshape(values.shape[0], -1)


def _write_numbers(ax, grid, limit):
    decimals = 2 - math.floor(math.log10(limit))
    form = f".{max(decimals, 0)}f" if -1 <= decimals <= 4 else ".0e"
    for (row, column), value in np.ndenumerate(grid):
        colour = "white" if abs(value) > 0.6 * limit else BLACK
        written = f"{value:z{form}}"  # z: no minus before a zero
        ax.text(column, row, written, ha="center", va="center", fontsize=9, color=colour)


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
        f"The largest difference is {number(float(difference.max()))}, at {where}: "
        f"expected {number(float(wanted[where]))}, yours {number(float(got[where]))}."
    )
    return f"Three heat maps of {name}: expected, yours, and the difference. {words}", words


@styled
def predicted_against_true(predicted_dollars, true_dollars):
    """Each house as a point: what the net says against what was paid, both in dollars."""
    predicted, true = np.ravel(predicted_dollars), np.ravel(true_dollars)
    error = np.abs(predicted - true)
    within = 100 * np.mean(error <= 0.1 * true)
    low = min(0, predicted.min(), true.min())
    high = 1.03 * max(predicted.max(), true.max())

    figure, ax = subplots(5.2, width=6.0)
    ax.scatter(true, predicted, s=12, color=BLUE, alpha=0.4, linewidths=0, label="one house")
    ax.plot([low, high], [low, high], color=BLACK, linestyle="--", label="predicted = paid")
    ax.set_xlim(low, high)
    ax.set_ylim(low, high)
    ax.set_aspect("equal")
    in_thousands(ax.xaxis)
    in_thousands(ax.yaxis)
    ax.set_xlabel("price paid, in thousand dollars")
    ax.set_ylabel("predicted price, in thousand dollars")
    ax.legend(loc="lower right")  # at the upper left it would hide a house that sold far too low
    return Plot(
        figure,
        f"Scatter plot of the predicted against the paid price of {len(true):,} houses, with the "
        f"diagonal. The mean absolute error is {dollars(error.mean())}; {within:.0f} % of the "
        f"predictions are within 10 % of the price, the largest error is {dollars(error.max())}.",
        f"A perfect prediction would lie on the dashed diagonal. {within:.0f} % of the houses are "
        "predicted to within 10 % of their price.",
    )


@styled
def errors_in_dollars(errors):
    """One bar for each way to predict. ``errors``: dict of name to mean absolute error in $."""
    names, values = list(errors), np.array(list(errors.values()), float)
    figure, ax = subplots(0.9 + 0.5 * len(names))
    hatches = ("", "//", "..", "xx", "\\\\", "--", "++")
    for place, value in enumerate(values):
        ax.barh(
            place, value, height=0.62, edgecolor="white",
            color=LOOKS[place % len(LOOKS)]["color"], hatch=hatches[place % len(hatches)],
        )  # fmt: skip
        ax.text(value + 0.012 * values.max(), place, dollars(value), va="center")
    ax.set_yticks(range(len(names)), names)
    ax.invert_yaxis()
    ax.grid(axis="y", visible=False)
    ax.set_xlim(0, 1.15 * values.max())
    in_thousands(ax.xaxis)
    ax.set_xlabel("mean absolute error, in thousand dollars")
    said = ", ".join(f"{name} {dollars(value)}" for name, value in zip(names, values, strict=True))
    best = names[int(np.argmin(values))]
    return Plot(
        figure,
        f"Bar chart of the mean absolute error: {said}.",
        f"Mean absolute error in dollars; shorter is better. Shortest: {best}.",
    )
