"""The result of an extraction or an import: as a table, as JSON, and as one HTML file."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

from markupsafe import Markup
from matplotlib.figure import Figure

from landmarkers.plain_text import escape
from trainer.data.extract import ExtractionReport
from trainer.data.visibility import UNKNOWN, TakeVisibility, VisibilitySummary, summarise_by_signer
from trainer.reports import html, plots
from trainer.reports.formatting import percent

_FRACTIONS: Final = ("body_fraction", "any_hand_fraction", "left_fraction", "right_fraction", "both_fraction")
_MAX_LISTED: Final = 200  # more of them mean that something is wrong, whichever they are
_ABOUT_FRACTIONS: Final = (
    "The columns from the body on are fractions of the frames that show it. Left and right are the signer's own. A "
    "hand that rests out of view is rightly not visible; one signer far below the others was recorded differently."
)


def to_table(report: ExtractionReport) -> str:
    """Return the result for a terminal."""
    lines = [_counts(report), *(f"  {clip}" for clip in report.unreadable)]
    if report.takes:
        lines += ["", f"{'':12} {'takes':>7} {'frames':>9} {'minutes':>8} {'frames a take':>20}  frames that show"]
        lines.append(f"{'':59}  {'  '.join(f'{_title(name):>8}' for name in _FRACTIONS)}")
    for name, one in summarise_by_signer(report.takes).items():
        lengths = f"{one.min_frames} to {one.max_frames}, {one.median_frames:g}"
        values = "  ".join(f"{percent(getattr(one, fraction)):>8}" for fraction in _FRACTIONS)
        lines.append(f"{_signer(name):12} {one.takes:7} {one.frames:9} {one.seconds / 60:8.1f} {lengths:>20}  {values}")
    without = _without_hands(report.takes)
    if without:
        lines += ["", f"{len(without)} takes show no hand at all: {', '.join(without[:5])}{' …' * (len(without) > 5)}"]
    lines += ["", *report.notes] if report.notes else []
    lines += [_skipped(report)] if report.skipped else []
    return "\n".join(lines)


def to_json(report: ExtractionReport) -> str:
    """Return the result as JSON."""
    content = {
        "created": report.created,
        "existing": report.existing,
        "unreadable": report.unreadable,
        "skipped": report.skipped,
        "notes": report.notes,
        "signers": {name: asdict(one) for name, one in summarise_by_signer(report.takes).items()},
        "lengths": dict(sorted(Counter(take.frames for take in report.takes).items())),
        "takes_without_hands": _without_hands(report.takes),
    }
    return json.dumps(content, indent=1, ensure_ascii=False)


def to_html(title: str, report: ExtractionReport) -> str:
    """Return the result as one HTML file."""
    sections: dict[str, list[Markup]] = {
        "Result": [html.paragraph(f"{sentence}.") for sentence in (_counts(report), *report.notes)]
    }
    if report.unreadable:
        sections["Unreadable clips"] = [html.table(["clip"], [[clip] for clip in report.unreadable])]
    if report.skipped:
        table = html.table(["entry"], [[entry] for entry in report.skipped[:_MAX_LISTED]])
        sections["Skipped entries"] = [
            html.paragraph(f"{_skipped(report)}."),
            html.details("The first of them", [table]),
        ]
    if report.takes:
        summaries = summarise_by_signer(report.takes)
        sections["Visible parts"] = [_fraction_table(summaries), html.paragraph(_ABOUT_FRACTIONS)]
        sections["Lengths"] = [
            _length_table(summaries),
            plots.to_svg(draw_lengths(report.takes), "number of takes by number of frames, for each signer"),
        ]
        without = _without_hands(report.takes)
        shown = without[:_MAX_LISTED]
        table = html.table(["take"], [[clip] for clip in shown])
        about = (
            f"{len(without)} of {len(report.takes)} takes show no hand in any frame: no sign can be learned from them."
        )
        sections["Takes without hands"] = [
            html.paragraph(about),
            *([html.details(f"The first {len(shown)}", [table])] if shown else []),
        ]
    return html.page(title, sections)


def draw_lengths(takes: Sequence[TakeVisibility]) -> Figure:
    """Draw the number of takes by their number of frames, with a line for each signer."""
    figure = Figure(figsize=(7, 3))
    plot = figure.subplots()
    longest = max(take.frames for take in takes)
    step = max(1, -(-longest // 60))
    edges = [step * number for number in range(longest // step + 2)]
    for signer in sorted({take.signer or UNKNOWN for take in takes}):
        counts = Counter(take.frames // step for take in takes if (take.signer or UNKNOWN) == signer)
        plot.stairs([counts[number] for number in range(len(edges) - 1)], edges, label=_signer(signer))
    plot.set(xlabel="frames", ylabel="takes")
    plot.legend(frameon=False)
    return figure


def _fraction_table(summaries: dict[str, VisibilitySummary]) -> Markup:
    head = ["", "takes", "frames", *(_title(name) for name in _FRACTIONS)]
    rows = [
        [_signer(name), str(one.takes), str(one.frames), *(percent(getattr(one, fraction)) for fraction in _FRACTIONS)]
        for name, one in summaries.items()
    ]
    return html.table(head, rows, numeric=range(1, len(head)))


def _length_table(summaries: dict[str, VisibilitySummary]) -> Markup:
    head = ["", "minutes", "frames of the shortest take", "of the median", "of the longest"]
    rows = [
        [_signer(name), f"{one.seconds / 60:.1f}", str(one.min_frames), f"{one.median_frames:g}", str(one.max_frames)]
        for name, one in summaries.items()
    ]
    return html.table(head, rows, numeric=range(1, len(head)))


def _counts(report: ExtractionReport) -> str:
    created = f"{report.created} takes created, {report.existing} existed"
    return f"{created}, {len(report.unreadable)} clips could not be read"


def _skipped(report: ExtractionReport) -> str:
    count = len(report.skipped)
    return f"{count} {'entry' if count == 1 else 'entries'} skipped, for example {', '.join(report.skipped[:3])}"


def _without_hands(takes: Sequence[TakeVisibility]) -> list[str]:
    without = [take for take in takes if not take.any_hand_frames]
    return [escape(f"{take.clip}~{take.variant}" if take.variant else take.clip) for take in without]


def _signer(name: str) -> str:
    return name if name == "all" else f"signer {name}"


def _title(fraction: str) -> str:
    return fraction.removesuffix("_fraction").replace("_", " ")
