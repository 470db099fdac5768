"""Building blocks of a report: one HTML file that any browser shows, with nothing from the network.

A block is a piece of HTML. Whatever is given as mere text is escaped, so words and names may hold anything.
`page` puts blocks under titles and makes them a file.
"""

import io
import re
from collections.abc import Collection, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


def page(title: str, sections: Mapping[str, Sequence[Html]]) -> str:
    """A whole file: the blocks under the titles of their sections, in order; many sections are listed above them."""
    body = [
        f'<section id="{_anchor(heading)}"><h2>{escape(heading)}</h2>\n' + "\n".join(blocks) + "</section>"
        for heading, blocks in sections.items()
    ]
    if len(sections) >= _FEWEST_LINKED:
        links = (f'<a href="#{_anchor(heading)}">{escape(heading)}</a>' for heading in sections)
        body.insert(0, f"<nav>{' '.join(links)}</nav>")
    return _PAGE.format(title=escape(title), style=_STYLE, body="\n".join(body))


def heading(words: str) -> Html:
    """A title within a section."""
    return Html(f"<h3>{_shown(words)}</h3>")


def tiles(figures: Sequence[tuple[str, str, str]]) -> Html:
    """What is to be seen first: of each figure its name, itself, and what is to be known of it."""
    drawn = [
        f'<div class="tile"><span>{_shown(name)}</span><b>{_shown(figure)}</b><span>{_shown(more)}</span></div>'
        for name, figure, more in figures
    ]
    return Html(f'<div class="tiles">{"".join(drawn)}</div>')


def lines(pieces: Sequence[str]) -> Html:
    """Pieces of text and HTML, each in a line of its own."""
    return Html("<br>".join(_shown(piece) for piece in pieces))


def columns(blocks: Sequence[Html]) -> Html:
    """Many blocks of about one size, in as many columns as there is room for."""
    return Html(f'<div class="columns">{"".join(f"<div>{block}</div>" for block in blocks)}</div>')


def beside(blocks: Sequence[Html]) -> Html:
    """Blocks side by side where there is room."""
    return Html(f'<div class="beside">{"".join(f"<div>{block}</div>" for block in blocks)}</div>')


def text(sentences: str) -> Html:
    """A paragraph."""
    return Html(f"<p>{_shown(sentences)}</p>")


def table(head: Sequence[str], rows: Sequence[Sequence[str]], numbers: Collection[int] = ()) -> Html:
    """A table whose columns `numbers` are set to the right, as numbers are."""
    heads = "".join(f"<th{_side(column, numbers)}>{_shown(cell)}</th>" for column, cell in enumerate(head))
    lines = [
        "<tr>"
        + "".join(f"<td{_side(column, numbers)}>{_shown(cell)}</td>" for column, cell in enumerate(row))
        + "</tr>"
        for row in rows
    ]
    body = "\n".join(lines)
    return Html(f'<div class="wide"><table><thead><tr>{heads}</tr></thead><tbody>\n{body}\n</tbody></table></div>')


def matrix(rows: Sequence[str], columns: Sequence[str], counts: Sequence[Sequence[int]]) -> Html:
    """Counts whose fields are the darker the larger their share of the row; blue where row and column are the same."""
    heads = "".join(f'<th class="upright"><span>{_shown(column)}</span></th>' for column in columns)
    lines = [
        f"<tr><th>{_shown(row)}</th>"
        + "".join(
            _field(count, count / max(1, sum(line)), same=row == column)
            for column, count in zip(columns, line, strict=True)
        )
        + "</tr>"
        for row, line in zip(rows, counts, strict=True)
    ]
    return Html(
        f'<div class="wide"><table class="matrix"><tr><th></th>{heads}</tr>\n' + "\n".join(lines) + "</table></div>"
    )


def folded(title: str, blocks: Sequence[Html]) -> Html:
    """Blocks that are shown when their title is clicked."""
    return Html(f"<details><summary>{_shown(title)}</summary>\n" + "\n".join(blocks) + "</details>")


def arabic(word: str) -> Html:
    """A word in Arabic, which keeps its direction whatever stands beside it."""
    return Html(f'<bdi lang="ar" dir="rtl">{escape(word)}</bdi>')


def joined(*pieces: str) -> Html:
    """Pieces of text and HTML in one; the sign + would make text of both."""
    return Html("".join(_shown(piece) for piece in pieces))


def bar(value: float, low: float, high: float) -> Html:
    """A share, 0 to 1, as a bar, and as a line across its end the interval that it lies in."""
    left, middle, right = (f"{_BAR_WIDTH * share:.1f}" for share in (low, value, high))
    told = f"{percent(value)}, {percent(low)} to {percent(high)}"
    return Html(
        f'<svg class="bar" width="{_BAR_WIDTH}" height="14" role="img" aria-label="{told}">'
        f'<rect width="{_BAR_WIDTH}" height="14" fill="var(--line)"/>'
        f'<rect width="{middle}" height="14" fill="var(--light-blue)"/>'
        f'<path d="M{left} 7H{right}M{left} 3V11M{right} 3V11" stroke="currentColor" stroke-width="1.5"/></svg>'
    )


def change(value: float, low: float, high: float) -> Html:
    """A difference of shares as a bar from the middle, and its interval; beyond a third both are cut."""
    half = _BAR_WIDTH / 2
    left, end, right = (half + half * max(-1.0, min(1.0, _CHANGE_ZOOM * share)) for share in (low, value, high))
    colour = "green" if value > 0 else "red"
    told = f"{points(value)}, {points(low)} to {points(high)} points"
    return Html(
        f'<svg class="bar" width="{_BAR_WIDTH}" height="14" role="img" aria-label="{told}">'
        f'<rect x="{min(half, end):.1f}" width="{abs(end - half):.1f}" height="14" fill="var(--{colour})"/>'
        f'<path d="M{half} 0V14" stroke="var(--strong-line)"/>'
        f'<path d="M{left:.1f} 7H{right:.1f}M{left:.1f} 3V11M{right:.1f} 3V11" stroke="currentColor" '
        'stroke-width="1.5"/></svg>'
    )


def marked(words: str, kind: str) -> Html:
    """Words in the colour of a kind: `better` or `worse`."""
    return Html(f'<span class="{kind}">{_shown(words)}</span>')


def figure(width: float, height: float) -> Figure:
    """An empty figure in the report's style, sizes in inches."""
    with mpl.rc_context(_DRAWN):
        return Figure(figsize=(width, height), facecolor="none", layout="constrained")


def axes(drawn: Figure, rows: int = 1, columns: int = 1, **options: Any) -> list[Axes]:
    """A figure's plots, row by row, in the report's style; for options see `Figure.subplots`."""
    with mpl.rc_context(_DRAWN):
        plots = list(drawn.subplots(rows, columns, squeeze=False, **options).flat)
        for plot in plots:
            plot.set_facecolor("none")
        return plots


def picture(drawn: Figure, told: str) -> Html:
    """A figure as a drawing that stays sharp; `told` says what it shows to those who cannot see it.

    It is part of the page and takes its letters and colours, in the dark as well.
    """
    buffer = io.StringIO()
    with mpl.rc_context(_DRAWN):
        drawn.savefig(buffer, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    drawing = buffer.getvalue()
    drawing = _without_ids(drawing[drawing.index("<svg") :])
    for superfluous in (_OWN_STYLE, _OWN_LETTERS, _FINER_THAN_SEEN):
        drawing = superfluous.sub("", drawing)
    for colour, name in _NAMES.items():
        drawing = drawing.replace(colour, f"var(--{name})")
    return Html(f'<div class="picture" role="img" aria-label="{escape(told)}">{drawing}</div>')


def percent(share: float) -> str:
    """A share, 0 to 1, in percent."""
    return f"{100.0 * share:.1f} %"


def interval(ends: tuple[float, float]) -> str:
    """Where a share lies, in percent."""
    low, high = ends
    return f"{100.0 * low:.1f} to {percent(high)}"


def points(difference: float) -> str:
    """A difference of shares, in points of a hundred, with its sign."""
    return f"{100.0 * difference:+.1f}".replace("-", "\N{MINUS SIGN}")


def _shown(cell: str) -> str:
    return cell if isinstance(cell, Html) else escape(cell)


def _field(count: int, share: float, *, same: bool) -> str:
    if not count:
        return "<td></td>"
    colour = "34, 98, 125" if same else "190, 82, 30"
    ink = "#fff" if share > 0.5 else "inherit"
    return f'<td style="background: rgba({colour}, {0.15 + 0.85 * share:.2f}); color: {ink}">{count}</td>'


def _side(column: int, numbers: Collection[int]) -> str:
    return ' class="number"' if column in numbers else ""


def _without_ids(drawing: str) -> str:
    """A drawing whose ids are only those that it refers to itself: a page holds many drawings."""
    named = set(_REFERENCE.findall(drawing))
    return _ID.sub(lambda found: found.group() if found.group(1) in named else "", drawing)


def _anchor(heading: str) -> str:
    return escape(heading.lower().replace(" ", "-"))


_BAR_WIDTH: Final = 160
_CHANGE_ZOOM: Final = 3.0
_ID: Final = re.compile(r' id="([^"]*)"')
_REFERENCE: Final = re.compile(r"#([\w-]+)")
# Of matplotlib's drawings: rules for all that stands on a page, the letters' names, digits beyond the second.
_OWN_STYLE: Final = re.compile(r"<style.*?</style>", re.DOTALL)
_OWN_LETTERS: Final = re.compile(r"font-family: [^;]*; ?")
_FINER_THAN_SEEN: Final = re.compile(r"(?<=\.\d\d)\d+")
_STYLE: Final = Path(__file__).with_name("html.css").read_text(encoding="utf-8")
_FEWEST_LINKED: Final = 5

INK, SOFT, LINE, STRONG_LINE = "#010101", "#020202", "#030303", "#040404"
BLUE, LIGHT_BLUE, ORANGE, GREEN, RED, GREY = "#050505", "#060606", "#070707", "#080808", "#090909", "#0a0a0a"
"""Colours for figures: each stands for one of the page, which has others in the dark than in the light."""
_NAMES: Final = {
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
    "#000000": "ink",  # what matplotlib draws with, and on, unless told
    "#ffffff": "ground",
}
SERIES: Final = (BLUE, ORANGE, GREEN, RED, GREY, LIGHT_BLUE)
"""Colours for things side by side, in this order."""

_DRAWN: Final[dict[Any, Any]] = {
    "svg.hashsalt": "ishara",  # the same figure is the same bytes: ids that do not change
    "svg.fonttype": "none",  # text stays text, in the page's letters
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

# The policy makes a browser refuse whatever would come from elsewhere.
_PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title><style>{style}</style></head>
<body><h1>{title}</h1>
{body}
</body></html>
"""
