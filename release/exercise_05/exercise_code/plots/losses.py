"""Loss curves, which all three notebooks draw."""

import numpy as np

from exercise_code.plots.figure import (
    GREY,
    Plot,
    looks,
    number,
    plain_log_ticks,
    styled,
    subplots,
    whole_numbers,
)

AGAINST = {
    "epochs": "epochs",
    "updates": "updates of the parameters",
    "operations": "million operations of both passes",
    "seconds": "CPU time in seconds",
}
PARTS = {"train": ("train",), "val": ("val",), "both": ("train", "val")}
PART_NAMES = {"train": "training", "val": "validation"}


@styled
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
    figure, ax = subplots(4.2)
    said, ends = draw_losses(ax, histories, against, PARTS[part], log, references)
    what = "loss" if part == "both" else f"{PART_NAMES[part]} loss"
    ax.set_ylabel(f"{what} (MSE of standardised prices)")
    ax.legend()
    scale = ", logarithmic axis" if log else ""
    seeds = max(len(as_runs(runs)) for runs in histories.values())
    bands = f" Lines are medians over {seeds} seeds, bands go from lowest to highest."
    return Plot(
        figure,
        f"The {what}{scale}, against {AGAINST[against]}. " + " ".join(said),
        f"The {what} against {AGAINST[against]}. At the end: "
        + "; ".join(f"{end:.3g} for {name}" for name, end in ends.items())
        + "."
        + (bands if seeds > 1 else ""),
    )


def draw_losses(ax, histories, against, parts, log, references=None, marks=8, first=0):
    """Draws the curves from epoch ``first`` on.

    Returns a list with a sentence about each, and a dict of their names to their last losses.
    """
    if against not in AGAINST:
        raise ValueError(f"against must be one of {', '.join(AGAINST)}, not {against!r}")
    said, ends = [], {}
    for look, (label, runs) in zip(looks(len(histories)), histories.items(), strict=True):
        runs = as_runs(runs)
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
                ax.fill_between(x, low, high, color=look["color"], alpha=0.1, linewidth=0)
            ax.plot(x, middle, label=name, markevery=max(1, len(x) // marks), **drawn)
            said.append(
                f"{name}: from {number(middle[0])} to {number(middle[-1])} "
                f"after {number(x[-1])} {against}."
            )
            ends[name] = middle[-1]
    for style, (label, value) in zip(("-.", ":", "--"), (references or {}).items(), strict=False):
        ax.axhline(value, color=GREY, linestyle=style, label=label)
        said.append(f"Reference line {label}: {number(value)}.")
    ax.set_xlabel(AGAINST[against])
    if against in ("epochs", "updates"):
        whole_numbers(ax.xaxis)
    if against == "operations":
        ax.xaxis.set_major_formatter(lambda value, _: f"{value / 1e6:g}")
    if log:
        ax.set_yscale("log")
        plain_log_ticks(ax.yaxis)
    return said, ends


def _finite_epochs(run, which):
    """Number of measurements before a run diverged; all of them if it did not."""
    losses = getattr(run, f"{which}_loss")
    finite = np.isfinite(losses)
    return len(losses) if finite.all() else int(np.argmin(finite))


def as_runs(runs):
    return runs if isinstance(runs, (list, tuple)) else [runs]
