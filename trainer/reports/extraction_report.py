"""What an extraction or an import found: for people as a table or a report, for programs as JSON."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

from matplotlib.figure import Figure

from trainer.data.extract import ExtractionReport
from trainer.data.visibility import UNKNOWN, TakeVisibility, VisibilitySummary, summarise_by_signer
from trainer.reports import html as report
from trainer.reports.html import Html, percent

_FRACTIONS: Final = ("body_fraction", "any_hand_fraction", "left_fraction", "right_fraction", "both_fraction")
_SHOWN_WITHOUT_HANDS: Final = 200  # more of them tell that something is wrong, not which clips


def as_table(found: ExtractionReport) -> str:
    """For people at the terminal."""
    lines = [_told(found), *(f"  {clip}" for clip in found.unreadable)]
    if found.takes:
        lines += ["", f"{'':12} {'takes':>7} {'frames':>9} {'minutes':>8} {'frames a take':>20}  frames that show"]
        lines.append(f"{'':59}  {'  '.join(f'{_worded(name):>8}' for name in _FRACTIONS)}")
    for name, one in summarise_by_signer(found.takes).items():
        lengths = f"{one.min_frames} to {one.max_frames}, {one.median_frames:g}"
        shares = "  ".join(f"{percent(getattr(one, share)):>8}" for share in _FRACTIONS)
        lines.append(f"{_named(name):12} {one.takes:7} {one.frames:9} {one.seconds / 60:8.1f} {lengths:>20}  {shares}")
    without = _without_hands(found.takes)
    if without:
        lines += ["", f"{len(without)} takes show no hand at all: {', '.join(without[:5])}{' …' * (len(without) > 5)}"]
    return "\n".join(lines)


def as_json(found: ExtractionReport) -> str:
    """For programs."""
    content = {
        "created": found.created,
        "existing": found.existing,
        "unreadable": found.unreadable,
        "signers": {name: asdict(one) for name, one in summarise_by_signer(found.takes).items()},
        "lengths": dict(sorted(Counter(take.frames for take in found.takes).items())),
        "takes_without_hands": _without_hands(found.takes),
    }
    return json.dumps(content, indent=1, ensure_ascii=False)


def as_page(title: str, found: ExtractionReport) -> str:
    """As one HTML file."""
    sections: dict[str, list[Html]] = {"What was done": [report.text(f"{_told(found)}.")]}
    if found.unreadable:
        rows = [[clip] for clip in found.unreadable]
        sections["What could not be read"] = [report.table(["clip"], rows)]
    if found.takes:
        summaries = summarise_by_signer(found.takes)
        sections["What the takes show"] = [_shares(summaries), report.text(_ABOUT_SHARES)]
        sections["How long they are"] = [
            _lengths(summaries),
            report.picture(lengths_figure(found.takes), "how many takes have how many frames, for each signer"),
        ]
        without = _without_hands(found.takes)
        shown = [report.table(["take"], [[clip] for clip in without[:_SHOWN_WITHOUT_HANDS]])] if without else []
        folded = [report.folded(f"the first {min(len(without), _SHOWN_WITHOUT_HANDS)}", shown)] if without else []
        told = (
            f"{len(without)} of {len(found.takes)} takes show no hand in any frame: a sign cannot be learned from them."
        )
        sections["Takes without hands"] = [report.text(told), *folded]
    return report.page(title, sections)


def lengths_figure(takes: Sequence[TakeVisibility]) -> Figure:
    """How many takes have how many frames, a line for each signer."""
    figure = Figure(figsize=(7, 3))
    plot = figure.subplots()
    longest = max(take.frames for take in takes)
    step = max(1, -(-longest // 60))
    edges = [step * number for number in range(longest // step + 2)]
    for signer in sorted({take.signer or UNKNOWN for take in takes}):
        counts = Counter(take.frames // step for take in takes if (take.signer or UNKNOWN) == signer)
        plot.stairs([counts[number] for number in range(len(edges) - 1)], edges, label=_named(signer))
    plot.set(xlabel="frames", ylabel="takes")
    plot.legend(frameon=False)
    return figure


def _shares(summaries: dict[str, VisibilitySummary]) -> Html:
    head = ["", "takes", "frames", *(_worded(name) for name in _FRACTIONS)]
    rows = [
        [_named(name), str(one.takes), str(one.frames), *(percent(getattr(one, share)) for share in _FRACTIONS)]
        for name, one in summaries.items()
    ]
    return report.table(head, rows, numbers=range(1, len(head)))


def _lengths(summaries: dict[str, VisibilitySummary]) -> Html:
    head = ["", "minutes", "frames of the shortest take", "of the median", "of the longest"]
    rows = [
        [_named(name), f"{one.seconds / 60:.1f}", str(one.min_frames), f"{one.median_frames:g}", str(one.max_frames)]
        for name, one in summaries.items()
    ]
    return report.table(head, rows, numbers=range(1, len(head)))


def _told(found: ExtractionReport) -> str:
    return f"{found.created} takes created, {found.existing} existed, {len(found.unreadable)} clips could not be read"


def _without_hands(takes: Sequence[TakeVisibility]) -> list[str]:
    return [f"{take.clip}~{take.variant}" if take.variant else take.clip for take in takes if not take.any_hand_frames]


def _named(signer: str) -> str:
    return signer if signer == "all" else f"signer {signer}"


def _worded(share: str) -> str:
    return share.removesuffix("_fraction").replace("_", " ")


_ABOUT_SHARES: Final = (
    "The columns from the body on are shares of the frames that show it. Left and right are the signer's own. A hand "
    "that rests out of the picture is rightly not seen; one signer far below the others was recorded otherwise."
)
