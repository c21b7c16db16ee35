"""What the figures share: a figure with its words, colours, line styles, numbers as one says them.

Series differ by line style and marker as well as by colour, and the colours (Okabe and Ito, 2008,
Color Universal Design) can be told apart with every kind of colour vision.
"""

import base64
import functools
import html
import io
import math
from contextlib import contextmanager

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

    def _repr_feedback_(self):
        """What the page of feedback shows, where there is no HTML: the picture and the words."""
        return {"image/png": self.png(), "text/plain": f"{self!r}\n{self.caption}"}

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


def styled(draw):
    @functools.wraps(draw)
    def drawn(*args, **kwargs):
        with _style():
            return draw(*args, **kwargs)

    return drawn


def subplots(height, rows=1, columns=1, width=WIDTH, **subplots):
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots(rows, columns, **subplots)


def looks(count):
    return [LOOKS[i % len(LOOKS)] for i in range(count)]


def number(value):
    """A number as one would say it: four significant digits at most, thousands apart."""
    if not math.isfinite(value):
        return str(value)
    if value == 0 or 1e-3 <= abs(value) < 1e4:
        return f"{value:.4g}"
    return f"{value:,.0f}" if 1e4 <= abs(value) < 1e7 else f"{value:.1e}"


def dollars(value):
    return f"-${-value:,.0f}" if value < 0 else f"${value:,.0f}"


def in_thousands(axis):
    axis.set_major_formatter(lambda value, _: f"{value / 1000:,.0f}")


def whole_numbers(axis):
    from matplotlib.ticker import MaxNLocator

    axis.set_major_locator(MaxNLocator(nbins=8, integer=True, steps=[1, 2, 5, 10]))


def plain_log_ticks(axis):
    """Ticks as plain numbers, the more in a decade the fewer there are; many are powers of ten."""
    from matplotlib.ticker import LogLocator, NullLocator

    low, high = axis.get_view_interval()
    decades = math.log10(high / low)
    subs = (1, 1.5, 2, 3, 5, 7) if decades < 2 else (1, 2, 5) if decades < 4 else (1,)
    axis.set_major_locator(LogLocator(subs=subs))
    if decades < 6:
        axis.set_major_formatter(lambda value, _: f"{value:g}")
    axis.set_minor_locator(NullLocator())
