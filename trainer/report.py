"""Building blocks of a report: one HTML file that any browser shows, with nothing from the network.

A block is a piece of HTML. Whatever is given as mere text is escaped, so words and names may hold anything.
`page` puts blocks under titles and makes them a file.
"""

import base64
import io
from collections.abc import Collection, Mapping, Sequence
from html import escape
from typing import Final

import matplotlib as mpl
from matplotlib.figure import Figure


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


def page(title: str, sections: Mapping[str, Sequence[Html]]) -> str:
    """A whole file: the blocks under the titles of their sections, in order."""
    body = [
        f"<section><h2>{escape(heading)}</h2>\n" + "\n".join(blocks) + "</section>"
        for heading, blocks in sections.items()
    ]
    return _PAGE.format(title=escape(title), style=_STYLE, body="\n".join(body))


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
    return Html(f"<table><thead><tr>{heads}</tr></thead><tbody>\n" + "\n".join(lines) + "\n</tbody></table>")


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
        f'<rect width="{_BAR_WIDTH}" height="14" fill="#e8edf1"/><rect width="{middle}" height="14" fill="#5b9bb5"/>'
        f'<path d="M{left} 7H{right}M{left} 3V11M{right} 3V11" stroke="#14313f" stroke-width="1.5"/></svg>'
    )


def picture(figure: Figure, told: str) -> Html:
    """A figure as a drawing that stays sharp; `told` says what it shows to those who cannot see it."""
    drawing = io.BytesIO()
    # The same figure is the same bytes: no date in it, and ids that do not change.
    with mpl.rc_context({"svg.hashsalt": "ishara"}):
        figure.savefig(drawing, format="svg", metadata={"Date": None}, bbox_inches="tight")
    inlined = base64.b64encode(drawing.getvalue()).decode()
    return Html(f'<img alt="{escape(told)}" src="data:image/svg+xml;base64,{inlined}">')


def percent(share: float) -> str:
    """A share, 0 to 1, in percent."""
    return f"{100.0 * share:.1f} %"


def interval(ends: tuple[float, float]) -> str:
    """Where a share lies, in percent."""
    low, high = ends
    return f"{100.0 * low:.1f} to {percent(high)}"


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


_BAR_WIDTH: Final = 160

_STYLE: Final = """
body { font: 16px/1.5 system-ui, sans-serif; color: #1b2b34; background: #fff; max-width: 62rem; margin: 2rem auto;
  padding: 0 1rem; }
h1 { font-size: 1.7rem; } h2 { font-size: 1.25rem; margin-top: 2.2rem; }
table { border-collapse: collapse; margin: 0.8rem 0; font-variant-numeric: tabular-nums; }
th, td { padding: 0.2rem 0.8rem; text-align: left; border-bottom: 1px solid #dde4e8; vertical-align: middle; }
th { font-weight: 600; border-bottom: 2px solid #9fb1bb; } .number { text-align: right; white-space: nowrap; }
bdi { font-family: "Noto Naskh Arabic", "Noto Sans Arabic", "Geeza Pro", "Segoe UI", sans-serif; font-size: 1.1em; }
.matrix th, .matrix td { padding: 0.1rem 0.3rem; border: 1px solid #e8edf1; font-weight: 400; white-space: nowrap; }
.matrix td { min-width: 1.4rem; text-align: center; } .matrix .upright { vertical-align: bottom; }
.upright span { writing-mode: vertical-rl; transform: rotate(180deg); } .wide { overflow-x: auto; }
img { max-width: 100%; } .bar { display: block; } summary { cursor: pointer; color: #22627d; }
"""

# The policy makes a browser refuse whatever would come from elsewhere.
_PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>{title}</title><style>{style}</style></head>
<body><h1>{title}</h1>
{body}
</body></html>
"""
