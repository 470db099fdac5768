"""Figures of a report: matplotlib drawings as SVG in the page's own font and colours, in dark mode as well."""

import io
import re
from typing import Any, Final

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure

INK, SOFT, LINE, STRONG_LINE = "#010101", "#020202", "#030303", "#040404"
BLUE, LIGHT_BLUE, ORANGE, GREEN, RED, GREY = "#050505", "#060606", "#070707", "#080808", "#090909", "#0a0a0a"
"""Colours for figures: each stands for a colour of the page, which differs between light and dark mode."""
_VARIABLES: Final = {
    INK: "ink",
    SOFT: "soft",
    LINE: "line",
    STRONG_LINE: "strong-line",
    BLUE: "blue",
    LIGHT_BLUE: "light-blue",
    ORANGE: "orange",
    GREEN: "green",
    RED: "red",
    GREY: "grey",
    "#000000": "ink",  # matplotlib's defaults for lines and background
    "#ffffff": "ground",
}
SERIES: Final = (BLUE, ORANGE, GREEN, RED, GREY, LIGHT_BLUE)
"""Colours for series in one figure, in this order."""

_STYLE: Final[dict[Any, Any]] = {
    "svg.hashsalt": "ishara",  # constant ids, so that the same figure is the same bytes
    "svg.fonttype": "none",  # text stays text, in the page's font
    "font.family": "sans-serif",
    "font.size": 10.0,
    "text.color": INK,
    "axes.edgecolor": STRONG_LINE,
    "axes.labelcolor": INK,
    "axes.titlesize": 10.0,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": LINE,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "legend.frameon": False,
}
_ID: Final = re.compile(r' id="([^"]*)"')
_REFERENCE: Final = re.compile(r"#([\w-]+)", re.ASCII)
# Removed from matplotlib's SVG: rules for everything on the page, names of fonts, digits beyond the second decimal.
_STYLE_ELEMENT: Final = re.compile(r"<style.*?</style>", re.DOTALL)
_FONT_FAMILY: Final = re.compile(r"font-family: [^;]*; ?")
_EXTRA_DIGITS: Final = re.compile(r"(?<=\.\d\d)\d+", re.ASCII)


def figure(width: float, height: float) -> Figure:
    """Return an empty figure in the report's style; sizes in inches."""
    with mpl.rc_context(_STYLE):
        return Figure(figsize=(width, height), facecolor="none", layout="constrained")


def axes(drawn: Figure, rows: int = 1, columns: int = 1, **options: Any) -> list[Axes]:
    """Add plots in the report's style to a figure and return them row by row; options as of `Figure.subplots`."""
    with mpl.rc_context(_STYLE):
        plots = list(drawn.subplots(rows, columns, squeeze=False, **options).flat)
        for plot in plots:
            plot.set_facecolor("none")
        return plots


def to_svg(drawn: Figure, alt: str) -> Markup:
    """Return a figure as SVG for the page, with a text alternative."""
    buffer = io.StringIO()
    with mpl.rc_context(_STYLE):
        drawn.savefig(buffer, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    svg = buffer.getvalue()
    svg = _without_unused_ids(svg[svg.index("<svg") :])
    for pattern in (_STYLE_ELEMENT, _FONT_FAMILY, _EXTRA_DIGITS):
        svg = pattern.sub("", svg)
    for colour, variable in _VARIABLES.items():
        svg = svg.replace(colour, f"var(--{variable})")
    drawing = Markup(svg)  # noqa: S704  # matplotlib escapes text
    return Markup('<div class="picture" role="img" aria-label="{}">{}</div>').format(alt, drawing)


def _without_unused_ids(svg: str) -> str:
    """Remove the ids that the drawing does not refer to: a page holds many drawings, and ids must be unique."""
    used = set(_REFERENCE.findall(svg))
    return _ID.sub(lambda match: match.group() if match.group(1) in used else "", svg)
