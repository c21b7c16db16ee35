"""The figures of notebook 2b: how optimizers walk, and at which learning rates they learn."""

import numpy as np

from exercise_code.plots.figure import (
    BLACK,
    GREY,
    Plot,
    looks,
    number,
    plain_log_ticks,
    styled,
    subplots,
)

ROW = 0.055  # of a figure's height: a line of text


@styled
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
    from matplotlib.colors import PowerNorm

    figure, axes = subplots(1.9 * len(paths) + 0.4, len(paths), sharex=True, squeeze=False)
    levels = np.geomspace(1e-3, 1, 9) * heights.max()
    for ax, look, (label, path) in zip(axes[:, 0], looks(len(paths)), paths.items(), strict=True):
        ax.contourf(
            *np.moveaxis(grid, -1, 0), heights, [0, *levels], cmap="Blues_r", alpha=0.5,
            norm=PowerNorm(0.25, 0, heights.max()), extend="max",
        )  # fmt: skip
        ax.contour(*np.moveaxis(grid, -1, 0), heights, levels, colors=GREY, linewidths=0.5)
        shown = np.where(np.abs(path - minimum) <= reach, path, np.nan)
        ax.plot(*shown.T, label=label, **{**look, "linewidth": 1.3, "markersize": 4})
        start = ax.plot(*path[0], "o", color=BLACK, markersize=8, markerfacecolor="white")
        star = ax.plot(*minimum, "*", color=BLACK, markersize=12, zorder=1.9)
        ax.set_ylabel("$θ_2$")
        ax.grid(False)
        ax.set_title(label)
    axes[-1, 0].set_xlabel("$θ_1$")
    figure.legend([*start, *star], ["start", "minimum"], loc="outside lower right", ncols=2)
    said = " ".join(
        f"{label}: from f = {heights_of[label][0]:.2g} to {heights_of[label][-1]:.2g} in "
        f"{len(path) - 1} steps, crossing the valley's floor {_crossings(path, minimum)} times."
        for label, path in paths.items()
    )
    ends = "; ".join(f"{heights_of[label][-1]:.2g} for {label}" for label in paths)
    return Plot(
        figure,
        "Contour lines of a long, narrow valley, once for each optimizer, with its path from the "
        f"same start. {said}",
        "The same valley and the same start, one optimizer a picture; the darker, the lower. Every "
        f"marker is a step. The height f at the end: {ends}.",
    )


def _crossings(path, minimum):
    side = np.sign(path[:, 1] - minimum[1])
    return int(np.sum(side[1:] * side[:-1] < 0))


@styled
def over_steps(series, what, *, first=0, log=False, references=None):
    """Something measured at every step of an optimizer.

    ``series`` is a dict of label to numbers, ``what`` the label of the vertical axis, ``first`` the
    number of the first step, and ``references`` a dict of label to a horizontal line.
    """
    figure, ax = subplots(3.8)
    said = []
    for look, (label, values) in zip(looks(len(series)), series.items(), strict=True):
        steps = first + np.arange(len(values))
        ax.plot(steps, values, label=label, markevery=max(1, len(values) // 12), **look)
        said.append(
            f"{label}: {number(float(values[0]))} at first, {number(float(values[-1]))} at last, "
            f"at most {number(float(np.max(values)))}."
        )
    for style, (label, value) in zip((":", "--", "-."), (references or {}).items(), strict=False):
        ax.axhline(value, color=GREY, linestyle=style, label=label)
        said.append(f"Reference line {label}: {number(value)}.")
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
        + "; ".join(f"{number(float(values[-1]))} for {label}" for label, values in series.items())
        + ".",
    )


@styled
def learning_rate_sweep(losses):
    """The final validation loss against the learning rate, for several optimizers.

    ``losses`` is a dict of optimizer to a dict of learning rate to the final losses of all seeds,
    infinite for a run that has diverged. A learning rate has a median (the line) if more than half
    of its runs have not diverged; every single run is a small point.
    """
    figure, ax = subplots(4.4)
    said, seen = [], []
    for place, (look, (label, by_rate)) in enumerate(
        zip(looks(len(losses)), losses.items(), strict=True)
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
    plain_log_ticks(ax.yaxis)
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
        f"{label}: median {number(float(middle[best]))} at its best learning rate "
        f"{number(float(rates[best]))}, {number(float(middle[0]))} at {number(float(rates[0]))}"
    )
    for rate, count in lost.items():
        words += f", {count} of {seeds} runs diverged at {number(float(rate))}"
    return f"{words}."
