"""Building blocks of a report: one HTML file that any browser shows, with nothing from the network.

A block is Markup, which is HTML already. Every plain string is escaped, so words and names may hold anything. `page`
puts blocks under the headings of sections and makes them a file. The templates are in `templates/`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from trainer.reports.formatting import percent, point_interval, points

_TEMPLATES: Final = Path(__file__).with_name("templates")
_ENVIRONMENT: Final = Environment(
    loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True
)
_BLOCKS: Final[Any] = _ENVIRONMENT.get_template("blocks.html").module
STYLE_FILE: Final = _TEMPLATES / "style.css"
_STYLE: Final = Markup(STYLE_FILE.read_text(encoding="utf-8"))  # noqa: S704  # our own file
_MIN_LINKED: Final = 5  # sections
_BAR_WIDTH: Final = 160
_DIFFERENCE_ZOOM: Final = 3.0
_SAME, _OTHER = "34, 98, 125", "190, 82, 30"  # blue and orange


@dataclass(frozen=True, slots=True)
class Section:
    """A section of a page, with the anchor that links point to."""

    heading: str
    blocks: Sequence[Markup]

    @property
    def anchor(self) -> str:
        """The heading in lower case, with hyphens."""
        return self.heading.lower().replace(" ", "-")


@dataclass(frozen=True, slots=True)
class _Cell:
    """A cell of a matrix: its count and its colours."""

    count: int
    colour: str
    alpha: str
    ink: str


def page(title: str, sections: Mapping[str, Sequence[Markup]]) -> str:
    """Return a whole file: blocks under the headings of their sections; many sections are listed above them."""
    named = [Section(heading, blocks) for heading, blocks in sections.items()]
    template = _ENVIRONMENT.get_template("page.html")
    return template.render(title=title, style=_STYLE, sections=named, min_linked=_MIN_LINKED)


def heading(text: str) -> Markup:
    """Return a heading within a section."""
    return _render("heading", text)


def paragraph(text: str) -> Markup:
    """Return a paragraph."""
    return _render("paragraph", text)


def tiles(figures: Sequence[tuple[str, str, str]]) -> Markup:
    """Return the most important figures, each with its name and a detail."""
    return _render("tiles", figures)


def lines(parts: Sequence[str]) -> Markup:
    """Return parts of text and HTML, each on a line of its own."""
    return Markup("<br>").join(parts)


def columns(blocks: Sequence[Markup]) -> Markup:
    """Return many blocks of a similar size, in as many columns as fit."""
    return _render("boxes", "columns", blocks)


def side_by_side(blocks: Sequence[Markup]) -> Markup:
    """Return blocks that stand side by side where they fit."""
    return _render("boxes", "side-by-side", blocks)


def table(head: Sequence[str], rows: Sequence[Sequence[str]], numeric: Collection[int] = ()) -> Markup:
    """Return a table; the columns `numeric` are aligned to the right."""
    return _render("table", head, rows, numeric)


def matrix(rows: Sequence[str], columns: Sequence[str], counts: Sequence[Sequence[int]]) -> Markup:
    """Return a matrix of counts, darker with a larger share of the row; blue where row and column are the same."""
    cells = [
        (
            row,
            [
                _cell(count, count / max(1, sum(line)), _SAME if row == column else _OTHER)
                for column, count in zip(columns, line, strict=True)
            ],
        )
        for row, line in zip(rows, counts, strict=True)
    ]
    return _render("matrix", columns, cells)


def details(title: str, blocks: Sequence[Markup]) -> Markup:
    """Return blocks that appear when their title is clicked."""
    return _render("details", title, blocks)


def gallery(animations: Sequence[tuple[Markup, str]]) -> Markup:
    """Return animations in a row, each with a caption."""
    return _render("gallery", animations)


def arabic(word: str) -> Markup:
    """Return an Arabic word, which keeps its direction whatever stands beside it."""
    return Markup('<bdi lang="ar" dir="rtl">{}</bdi>').format(word)


def join(*parts: str) -> Markup:
    """Join text and HTML. The operator + would escape HTML that follows plain text."""
    return Markup("").join(parts)


def highlight(text: str, kind: str) -> Markup:
    """Return text in the colour of a kind: `better` or `worse`."""
    return Markup('<span class="{}">{}</span>').format(kind, text)


def interval_bar(value: float, low: float, high: float) -> Markup:
    """Return a fraction, 0 to 1, as a bar, with its interval as a line across the end of the bar."""
    left, middle, right = (f"{_BAR_WIDTH * fraction:.1f}" for fraction in (low, value, high))
    return Markup(
        '<svg class="bar" width="{width}" height="14" role="img" aria-label="{alt}">'
        '<rect width="{width}" height="14" fill="var(--line)"/>'
        '<rect width="{middle}" height="14" fill="var(--light-blue)"/>'
        '<path d="M{left} 7H{right}M{left} 3V11M{right} 3V11" stroke="currentColor" stroke-width="1.5"/></svg>'
    ).format(
        width=_BAR_WIDTH,
        alt=f"{percent(value)}, {percent(low)} to {percent(high)}",
        left=left,
        middle=middle,
        right=right,
    )


def difference_bar(value: float, low: float, high: float) -> Markup:
    """Return a difference of fractions as a bar from the middle, with its interval; both end at a third."""
    half = _BAR_WIDTH / 2
    left, end, right = (half + half * max(-1.0, min(1.0, _DIFFERENCE_ZOOM * one)) for one in (low, value, high))
    return Markup(
        '<svg class="bar" width="{width}" height="14" role="img" aria-label="{alt}">'
        '<rect x="{start:.1f}" width="{length:.1f}" height="14" fill="var(--{colour})"/>'
        '<path d="M{half} 0V14" stroke="var(--strong-line)"/>'
        '<path d="M{left:.1f} 7H{right:.1f}M{left:.1f} 3V11M{right:.1f} 3V11" stroke="currentColor" '
        'stroke-width="1.5"/></svg>'
    ).format(
        width=_BAR_WIDTH,
        alt=f"{points(value)}, {point_interval((low, high))} points",
        start=min(half, end),
        length=abs(end - half),
        colour="green" if value > 0 else "red",
        half=half,
        left=left,
        right=right,
    )


def _render(macro: str, *arguments: Any) -> Markup:
    """Render a macro of blocks.html, which escapes its arguments unless they are Markup."""
    rendered: Markup = getattr(_BLOCKS, macro)(*arguments)
    return rendered


def _cell(count: int, share: float, colour: str) -> _Cell:
    return _Cell(count, colour, f"{0.15 + 0.85 * share:.2f}", "#fff" if share > 0.5 else "inherit")
