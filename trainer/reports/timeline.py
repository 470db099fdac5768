"""A drawing of one running stream: what the hands did, what was signed, and what was read when."""

from collections.abc import Mapping, Sequence
from html import escape
from itertools import groupby
from operator import itemgetter
from typing import Final

import numpy as np

from landmarkers.layout import Part
from models.labels import Sign
from trainer.evaluation.alignment import Segment, StreamResult
from trainer.evaluation.wrists import Wrists
from trainer.reports.html import Html

_SECOND: Final = 52.0  # all lengths in pixels
_LANE: Final = 20.0
_LETTER: Final = 6.5
_PLOT_TOP, _PLOT_BOTTOM = 24.0, 134.0
_CUTS_TOP, _SAID_TOP = 140.0, 164.0
_HEIGHT: Final = 202.0
_HIGHEST, _LOWEST = 0.8, -1.8  # shoulder widths above the shoulders

_GREEN, _RED, _GREY, _BLUE = "var(--green)", "var(--red)", "var(--grey)", "var(--pale)"
_HANDS: Final = {Part.LEFT_HAND: "var(--left)", Part.RIGHT_HAND: "var(--right)"}

LEGEND: Final = (
    "Top: what was signed. Middle: how high the left wrist (blue) and the right one (orange) are, thick where the hand "
    "was seen; above the dashed line a hand counts as raised. Below: the stretches that were cut out, and at the "
    "moment it was said the word: green right, red wrong; grey stretches were read, but nothing was said."
)


def timeline(judged: StreamResult, words: Mapping[int, Sign], raise_threshold: float) -> Html:
    """The drawing; `raise_threshold` is the spotter's line, in shoulder widths below the shoulders."""
    end = float(judged.wrists.times[-1])
    right = [pair.segment for pair in judged.pairs if pair.is_correct]
    pieces = [_grid(end), _line(raise_threshold, end)]
    for signed in judged.signed:
        told = _named(words.get(signed.sign_id), signed.sign_id)
        pieces.append(
            _bar(signed.start, signed.end, 0.0, _BLUE, told, f"{told}, {signed.start:.2f} s to {signed.end:.2f} s")
        )
    for hand, colour in _HANDS.items():
        pieces += _wrist(judged.wrists, hand, colour)
    for cut in judged.segments:
        pieces.append(_stretch(cut, _GREEN if cut in right else _RED if cut.emitted else _GREY))
    width = _SECOND * end + 60
    return Html(
        f'<div style="overflow-x:auto"><svg width="{width:.0f}" height="{_HEIGHT:.0f}" role="img" '
        f'font-size="12" aria-label="a stream of signer {escape(judged.signer)}">{"".join(pieces)}</svg></div>'
    )


def _wrist(wrists: Wrists, hand: Part, colour: str) -> list[str]:
    """The way of one wrist, thin, and thick where the hand is seen."""
    heights = wrists.heights[hand]
    known = ~np.isnan(heights)
    drawn = []
    for flags, thickness in ((known, 1.0), (known & wrists.seen[hand], 2.2)):
        for there, run in groupby(zip(flags.tolist(), wrists.times, heights, strict=True), key=itemgetter(0)):
            if there:
                spots = " ".join(f"{_x(time):.1f},{_y(height):.1f}" for _, time, height in run)
                drawn.append(f'<polyline points="{spots}" fill="none" stroke="{colour}" stroke-width="{thickness}"/>')
    return drawn


def _stretch(cut: Segment, colour: str) -> str:
    """The stretch that was cut and, when it was said, its word at that moment."""
    told = _named(cut.best.sign, cut.best.sign.sign_id)
    sure = f"{told} {cut.best.confidence:.0%}, no sign {cut.no_sign:.0%}"
    bar = _bar(cut.start, cut.end, _CUTS_TOP, colour, told, f"{cut.start:.2f} s to {cut.end:.2f} s: {sure}")
    if not cut.emitted:
        return bar
    x = _x(cut.emitted_at)
    return (
        f'{bar}<path d="M{x:.1f} {_PLOT_TOP}V{_SAID_TOP + 6}" stroke="{colour}" stroke-dasharray="2 3"/>'
        f'<g fill="{colour}"><title>{escape(f"said at {cut.emitted_at:.2f} s: {sure}")}</title>'
        f'<circle cx="{x:.1f}" cy="{_SAID_TOP + 6}" r="4"/>'
        f'<text x="{x:.1f}" y="{_SAID_TOP + 24}" text-anchor="middle">{escape(told)}</text></g>'
    )


def _bar(start: float, end: float, top: float, colour: str, label: str, told: str) -> str:
    width = max(_SECOND * (end - start), 2.0)
    if _LETTER * len(label) > width:
        label = label.partition(" · ")[0]  # the number alone
    return (
        f'<svg x="{_x(start):.1f}" y="{top}" width="{width:.1f}" height="{_LANE}"><title>{escape(told)}</title>'
        f'<rect width="100%" height="100%" rx="3" fill="{colour}" fill-opacity="0.75"/>'
        f'<text x="3" y="14">{escape(label)}</text></svg>'
    )


def _grid(end: float) -> str:
    seconds: Sequence[int] = range(int(end) + 1)
    lines = "".join(f"M{_x(second):.1f} {_PLOT_TOP}V{_PLOT_BOTTOM}" for second in seconds)
    labels = "".join(
        f'<text x="{_x(second) + 2:.1f}" y="{_PLOT_BOTTOM - 2}" class="soft" font-size="10">{second} s</text>'
        for second in seconds
    )
    return f'<path d="{lines}" stroke="var(--line)"/>{labels}'


def _line(raise_threshold: float, end: float) -> str:
    y = _y(-raise_threshold)
    return f'<path d="M0 {y:.1f}H{_x(end):.1f}" stroke="var(--soft)" stroke-dasharray="5 4"/>'


def _named(sign: Sign | None, sign_id: int) -> str:
    return str(sign_id) if sign is None else f"{sign_id} · {sign.word}"


def _x(seconds: float) -> float:
    return _SECOND * seconds


def _y(height: float) -> float:
    share = (_HIGHEST - min(max(height, _LOWEST), _HIGHEST)) / (_HIGHEST - _LOWEST)
    return _PLOT_TOP + share * (_PLOT_BOTTOM - _PLOT_TOP)
