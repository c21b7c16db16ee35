"""The figures of notebook 2a: what the batch size does to cost, noise and convergence."""

import numpy as np

from exercise_code.plots.figure import (
    BLACK,
    BLUE,
    GREY,
    LOOKS,
    SKY,
    VERMILLION,
    Plot,
    looks,
    number,
    plain_log_ticks,
    styled,
    subplots,
)
from exercise_code.plots.losses import PART_NAMES, PARTS, as_runs, draw_losses


@styled
def memory_against_batch(sizes, forward, backward, forward_peak, backward_peak):
    """Bytes held after the two passes, and needed at their peaks, against the batch size."""
    figure, (left, right) = subplots(4.0, 1, 2, sharey=True)
    left.loglog(sizes, backward, label="after backward: cache and gradients", **LOOKS[1])
    left.loglog(sizes, forward, label="after forward: cache", **LOOKS[0])
    left.set_title("held when the pass has ended")
    left.set_ylabel("memory in bytes")
    right.loglog(sizes, backward_peak, label="during backward", **LOOKS[3])
    right.loglog(sizes, forward_peak, label="during forward", **LOOKS[2])
    right.set_title("needed at the peak")
    for ax in (left, right):
        ax.set_xlabel("batch size (houses)")
        _batch_sizes(ax, sizes)
        ax.legend(loc="upper left")
    said = "; ".join(
        f"batch {size:,}: held {held:,} and {after:,}, needed {needed:,} and {most:,}"
        for size, held, after, needed, most in zip(
            sizes, forward, backward, forward_peak, backward_peak, strict=True
        )
    )
    return Plot(
        figure,
        "Two charts of memory in bytes against the batch size, all axes logarithmic: what is held "
        "after the forward and after the backward pass, and what they need at their peaks. "
        f"{said}.",
        "Left: what is held afterwards; the gradients add the same amount at every batch size. "
        "Right: what is needed at the peak, most in the backward pass.",
    )


@styled
def operations_against_batch(sizes, per_step, passes_per_epoch, updates_per_epoch):
    """Operations of one step, and of one epoch with what the updates add on top.

    All are sequences as long as ``sizes``: operations of both passes of one step, of both passes of
    all steps of an epoch, and of all updates of an epoch.
    """
    passes, updates = np.array(passes_per_epoch, float), np.array(updates_per_epoch, float)
    figure, (left, right) = subplots(3.7, 1, 2)
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
        f"batch {size:,}: {step:,} a step, {number(p / 1e6)} million an epoch and "
        f"{number(u / 1e6)} million for the updates"
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


@styled
def step_losses(histories, last=3):
    """The loss of every minibatch of one run for each batch size, one below the other.

    ``histories``: label -> list of History; the first is drawn. The spread written beside each is
    the standard deviation over the last ``last`` epochs.
    """
    figure, axes = subplots(
        1.25 * len(histories) + 0.5, len(histories), sharex=True, sharey=True, squeeze=False
    )
    said = []
    for ax, look, (label, runs) in zip(
        axes[:, 0], looks(len(histories)), histories.items(), strict=True
    ):
        history = as_runs(runs)[0]
        losses = np.array(history.step_loss)
        epochs = np.arange(len(losses)) * history.epochs[-1] / len(losses)
        tail = losses[epochs >= history.epochs[-1] - last]
        sparse = len(losses) <= 200
        ax.semilogy(
            epochs, losses, color=look["color"], linewidth=1.2 if sparse else 0.4,
            marker=look["marker"] if sparse else None, markersize=3,
        )  # fmt: skip
        ax.set_title(label, loc="left", fontsize=9.5)
        ax.text(
            1, 1.04, f"{len(losses):,} steps, standard deviation {tail.std():.2f}",
            transform=ax.transAxes, ha="right", va="bottom", fontsize=9,
        )  # fmt: skip
        said.append(f"{label} {tail.std():.2f}")
    axes[0, 0].set_ylim(3e-3, 60)
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
        f"the last {last} epochs. The smallest losses are cut off.",
    )


@styled
def final_losses(histories):
    """The last training and validation loss of every seed, one point each.

    ``histories``: label -> list of History.
    """
    figure, axes = subplots(0.45 * len(histories) + 1.4, 1, 2, sharey=True)
    said = []
    for ax, which in zip(axes, ("train", "val"), strict=True):
        for place, (label, look) in enumerate(zip(histories, looks(len(histories)), strict=True)):
            last = np.array([getattr(run, f"{which}_loss")[-1] for run in histories[label]])
            ax.plot(
                last, place + np.linspace(-0.2, 0.2, len(last)), linestyle="",
                marker=look["marker"], color=look["color"], alpha=0.75,
            )  # fmt: skip
            ax.plot([np.median(last)] * 2, [place - 0.32, place + 0.32], color=BLACK)
            said.append(
                f"{label}, {PART_NAMES[which]}: {number(last.min())} to {number(last.max())}, "
                f"median {number(np.median(last))}."
            )
        ax.set_xscale("log")
        plain_log_ticks(ax.xaxis)
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


@styled
def speed_of_convergence(histories, part="train"):
    """One loss against epochs, operations, updates and seconds, in four panels.

    ``histories``: label -> History or list of History. Updates and seconds span decades, so their
    axes are logarithmic and start at the end of the first epoch.
    """
    figure, axes = subplots(6.4, 2, 2, sharey=True)
    for ax, against in zip(axes.flat, ("epochs", "operations", "updates", "seconds"), strict=True):
        decades = against in ("updates", "seconds")
        said, _ = draw_losses(
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


@styled
def gradient_noise(sizes, measured, formula, gradient_length):
    """Length of the gradient noise against the batch size.

    ``measured`` is a sequence as long as ``sizes``, ``formula`` a function of the batch size;
    ``gradient_length`` is the length of the gradient over all houses, a horizontal line.
    """
    sizes, measured = np.asarray(sizes), np.asarray(measured, float)
    visible = measured > 1e-9 * measured[0]  # at the full batch nothing but rounding is left
    figure, ax = subplots(4.2)
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
    plain_log_ticks(ax.yaxis)
    ax.legend()
    said = ", ".join(
        f"B = {size:,}: {number(value)}"
        for size, value in zip(sizes[visible], measured[visible], strict=True)
    )
    return Plot(
        figure,
        f"Length of the gradient noise against the batch size, both axes logarithmic. {said}. The "
        f"full gradient has length {number(gradient_length)}.",
        "Measured noise of the minibatch gradient and two curves with nothing fitted. The full "
        "batch is not drawn: its noise is 0, which has no place on a logarithmic axis.",
    )


@styled
def minibatch_validation(losses, whole):
    """Validation loss of one fixed network, minibatch by minibatch.

    ``losses``: label -> array of the losses of the minibatches; ``whole``: the loss of the part.
    """
    figure, ax = subplots(3.9)
    said = []
    rng = np.random.default_rng(0)  # spreads the points sideways, so that they do not hide
    for place, (look, (label, values)) in enumerate(
        zip(looks(len(losses)), losses.items(), strict=True)
    ):
        values = np.asarray(values)
        sideways = place + rng.uniform(-0.3, 0.3, len(values))
        ax.plot(
            sideways, values, linestyle="", marker=look["marker"], color=look["color"],
            alpha=0.45 if len(values) > 100 else 1, markeredgewidth=0, markersize=5,
        )  # fmt: skip
        said.append(f"{label}: {number(values.min())} to {number(values.max())}")
    ax.axhline(whole, color=BLACK, linestyle="--", label=f"whole part: {whole:.3f}")
    ax.set_yscale("log")
    ax.set_xticks(range(len(losses)), list(losses))
    ax.set_ylabel("validation loss (MSE)")
    ax.grid(axis="x", visible=False)
    ax.legend(loc="lower right")
    return Plot(
        figure,
        "Validation losses of one network on minibatches, logarithmic axis. "
        f"{'; '.join(said)}. On the whole part: {number(whole)}.",
        "Each point is one minibatch of the validation part. The network is the same for all "
        "points, so all of the scatter comes from measuring.",
    )


@styled
def validation_against_training(histories):
    """Validation loss against training loss, after every epoch of every run.

    ``histories``: label -> list of History.
    """
    figure, ax = subplots(4.4)
    said = []
    for look, (label, runs) in zip(looks(len(histories)), histories.items(), strict=True):
        train = np.concatenate([run.train_loss for run in runs])
        val = np.concatenate([run.val_loss for run in runs])
        ax.loglog(
            train, val, linestyle="", marker=look["marker"], color=look["color"], alpha=0.5,
            markeredgewidth=0, label=label, zorder=2 + 1 / len(train),  # the fewest on top
        )  # fmt: skip
        last = np.median([(run.train_loss[-1], run.val_loss[-1]) for run in runs], axis=0)
        said.append(f"{label} ends at {number(last[0])} and {number(last[1])}.")
    for axis in (ax.xaxis, ax.yaxis):
        plain_log_ticks(axis)
    ax.set_xlabel("training loss (MSE)")
    ax.set_ylabel("validation loss (MSE)")
    ax.legend()
    return Plot(
        figure,
        "Validation loss against training loss after every epoch, both axes logarithmic. "
        f"{' '.join(said)}",
        "Each point is one run after one epoch, measured on the whole of both parts.",
    )
