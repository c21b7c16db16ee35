"""The charts of the report on a class, as SVG that stands in a page and takes on its colours.

Matplotlib draws them with colours that stand for those of the page's style sheet, which says what
each is in light and in dark. Text stays text. Nothing is in a chart that the table beside it does
not say.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Sequence
from typing import Any

import matplotlib
from markupsafe import Markup, escape
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from i2dl_course.analysis.figures import Arrivals, Bin, CheckFigures
from i2dl_course.analysis.misconceptions import Misconception
from i2dl_course.reporting.templates import visible

_INK, _BAR, _PART, _MARK = "#010101", "#020202", "#030303", "#040404"
_IN_THE_PAGE = {
    _INK: "currentColor",
    _BAR: "var(--bar)",
    _PART: "var(--part)",
    _MARK: "var(--mark)",
}
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "text.parse_math": False,  # a dollar in a name is a dollar
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    **dict.fromkeys(("text.color", "axes.labelcolor", "axes.edgecolor"), _INK),
    **dict.fromkeys(("xtick.color", "ytick.color"), _INK),
}
_NO_METADATA = dict.fromkeys(("Creator", "Date", "Format", "Type"))
_HEAD = re.compile(r'<svg [^>]*viewBox="([\d. ]+)"[^>]*>')
# What a file of its own needs and an element of a page does not: it would be everybody's style,
# and names that nothing asks for.
_NEEDLESS = [
    re.compile(pattern, re.DOTALL)
    for pattern in (
        r"^.*?(?=<svg )",
        r"<metadata>.*?</metadata>",
        r"<style.*?</style>",
        r"<clipPath.*?</clipPath>",
        r' clip-path="[^"]*"',
        r'(?<=<g) id="[^"]*"',
        r"<!--.*?-->",
    )
]
_WIDTH = 6.4  # inches of 72 points
_MOST_BARS = 12  # causes that are drawn
_LONGEST_NAME = 30  # characters


def points_chart(bins: Sequence[Bin], pass_mark: float) -> Markup:
    """How many students have how many points, with the pass mark."""
    with matplotlib.rc_context(_STYLE):
        figure, axes = _axes(3.4)
        width = bins[0].high - bins[0].low
        middles = [one.low + width / 2 for one in bins]
        axes.bar(middles, [one.students for one in bins], width * 0.9, color=_BAR)
        axes.set_xticks([*(one.low for one in bins[:-1]), middles[-1]])
        axes.set_xticklabels([f"{one.low:g}" for one in bins])
        axes.axvline(pass_mark, color=_MARK, linestyle="--")
        axes.annotate(
            f"bonus from {pass_mark:g}",
            (pass_mark, 1.0),
            (-4, 4),
            xycoords=axes.get_xaxis_transform(),
            textcoords="offset points",
            ha="right",
        )
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_xlabel("points")
        axes.set_ylabel("students")
        return _svg(figure, "How many students have how many points")


def checks_chart(checks: Sequence[CheckFigures]) -> Markup:
    """The share of students who pass each check."""
    with matplotlib.rc_context(_STYLE):
        figure, axes = _rows(len(checks), "% of students who pass")
        names = [_name(one.task.name) for one in checks]
        axes.barh(names, [100 * one.rate for one in checks], color=_BAR)
        axes.set_xlim(0, 100)
        return _svg(figure, "How many students pass each check")


def causes_chart(causes: Sequence[Misconception]) -> Markup:
    """How many students had the most frequent causes, and how many repaired them at once."""
    with matplotlib.rc_context(_STYLE):
        shown = causes[:_MOST_BARS]
        figure, axes = _rows(len(shown), "students")
        names = [_name(one.cause) for one in shown]
        had, repaired = zip(*((len(one.students), len(one.repaired)) for one in shown), strict=True)
        _parts(axes, names, had, "had it", repaired, "repaired it at the next try")
        return _svg(figure, "How many students had a cause, and repaired it at the next try")


def arrivals_chart(arrivals: Sequence[Arrivals]) -> Markup:
    """When hand-ins came, and how many of them were a student's first."""
    with matplotlib.rc_context(_STYLE):
        figure, axes = _rows(len(arrivals), "hand-ins")
        names = [one.when for one in arrivals]
        handins, first = zip(*((one.handins, one.first) for one in arrivals), strict=True)
        _parts(axes, names, handins, "hand-ins", first, "of these, a student's first")
        return _svg(figure, "When hand-ins came")


def _parts(
    axes: Axes, names: list[str], whole: Sequence[int], what: str, part: Sequence[int], of: str
) -> None:
    """Bars, and in each a narrower one for a part of it."""
    axes.barh(names, whole, color=_BAR, label=what)
    axes.barh(names, part, 0.35, color=_PART, label=of)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.figure.legend(loc="outside upper right", ncols=2, frameon=False)


def _rows(count: int, what: str) -> tuple[Figure, Axes]:
    """Axes for so many bars below each other, the first on top."""
    figure, axes = _axes(0.9 + 0.32 * count)
    axes.invert_yaxis()
    axes.set_xlabel(what)
    return figure, axes


def _name(text: str) -> str:
    return visible(text[:_LONGEST_NAME])


def _axes(height: float) -> tuple[Figure, Axes]:
    figure = Figure((_WIDTH, height), layout="constrained")
    return figure, figure.add_subplot()


def _svg(figure: Figure, says: str) -> Markup:
    """The figure as an element of an HTML page, which is called `says` for who cannot see it.

    No two figures of a page have the same words, so none of their ids is the same.
    """
    with warnings.catch_warnings(), matplotlib.rc_context({"svg.hashsalt": says}):
        warnings.filterwarnings("ignore", r"Glyph \d+")  # the browser's fonts have more
        file = io.BytesIO()
        figure.savefig(file, format="svg", transparent=True, metadata=_NO_METADATA)
    svg = file.getvalue().decode()
    for needless in _NEEDLESS:
        svg = needless.sub("", svg)
    for drawn, shown in _IN_THE_PAGE.items():
        svg = svg.replace(drawn, shown)
    (box,) = _HEAD.findall(svg)
    return Markup(_HEAD.sub(f'<svg viewBox="{box}" role="img" aria-label="{escape(says)}">', svg))
