"""Draws one stream over time: the wrists' heights, the signs, and the segments with their words."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Final

import numpy as np
from markupsafe import Markup

from landmarkers.layout import Part
from models.labels import Sign
from trainer.evaluation.stream_classifier import Segment
from trainer.evaluation.stream_evaluation import StreamResult
from trainer.evaluation.wrists import Wrists

_SECOND: Final = 52.0  # all lengths in pixels
_LANE: Final = 20.0
_LETTER: Final = 6.5
_PLOT_TOP, _PLOT_BOTTOM = 24.0, 134.0
_SEGMENTS_TOP, _WORDS_TOP = 140.0, 164.0
_HEIGHT: Final = 202.0
_MAX_HEIGHT, _MIN_HEIGHT = 0.8, -1.8  # shoulder widths above the shoulders

_GREEN, _RED, _GREY, _BLUE = "var(--green)", "var(--red)", "var(--grey)", "var(--pale)"
_HANDS: Final = {Part.LEFT_HAND: "var(--left)", Part.RIGHT_HAND: "var(--right)"}

LEGEND: Final = (
    "Top: the signs. Middle: the height of the left wrist (blue) and the right one (orange), thick where the hand is "
    "visible; above the dashed line a hand counts as raised. Below: the segments that the spotter cut out, and the "
    "word at the moment when it was emitted: green correct, red wrong; of grey segments no word was emitted."
)


def timeline(result: StreamResult, signs: Mapping[int, Sign], raise_threshold: float) -> Markup:
    """Return the drawing; `raise_threshold` is the spotter's, in shoulder widths below the shoulders."""
    end = float(result.wrists.times[-1])
    correct = [pair.segment for pair in result.pairs if pair.is_correct]
    parts = [_grid(end), _threshold_line(raise_threshold, end)]
    for signed in result.signed:
        label = _label(signs.get(signed.sign_id), signed.sign_id)
        title = f"{label}, {signed.start:.2f} s to {signed.end:.2f} s"
        parts.append(_bar((signed.start, signed.end), 0.0, _BLUE, label, title))
    for hand, colour in _HANDS.items():
        parts += _wrist_lines(result.wrists, hand, colour)
    for segment in result.segments:
        parts.append(_segment(segment, _GREEN if segment in correct else _RED if segment.emitted else _GREY))
    return Markup(
        '<div style="overflow-x:auto"><svg width="{width:.0f}" height="{height:.0f}" role="img" '
        'font-size="12" aria-label="a stream of signer {signer}">{parts}</svg></div>'
    ).format(width=_SECOND * end + 60, height=_HEIGHT, signer=result.signer, parts=Markup("").join(parts))


def _wrist_lines(wrists: Wrists, hand: Part, colour: str) -> list[Markup]:
    """Return the height of one wrist over time as thin lines, and thick ones where the hand is visible."""
    heights = wrists.heights[hand]
    known = ~np.isnan(heights)
    drawn = []
    for flags, thickness in ((known, 1.0), (known & wrists.visible[hand], 2.2)):
        for present, run in groupby(zip(flags.tolist(), wrists.times, heights, strict=True), key=itemgetter(0)):
            if present:
                points = " ".join(f"{_x(time):.1f},{_y(height):.1f}" for _, time, height in run)
                drawn.append(
                    Markup('<polyline points="{}" fill="none" stroke="{}" stroke-width="{}"/>').format(
                        points, colour, thickness
                    )
                )
    return drawn


def _segment(segment: Segment, colour: str) -> Markup:
    """Return the segment as a bar and, if its word was emitted, the word at that moment."""
    label = _label(segment.best.sign, segment.best.sign.sign_id)
    probabilities = f"{label} {segment.best.confidence:.0%}, no sign {segment.no_sign:.0%}"
    title = f"{segment.start:.2f} s to {segment.end:.2f} s: {probabilities}"
    bar = _bar((segment.start, segment.end), _SEGMENTS_TOP, colour, label, title)
    if not segment.emitted:
        return bar
    return Markup(
        '{bar}<path d="M{x:.1f} {top}V{dot}" stroke="{colour}" stroke-dasharray="2 3"/>'
        '<g fill="{colour}"><title>{title}</title>'
        '<circle cx="{x:.1f}" cy="{dot}" r="4"/>'
        '<text x="{x:.1f}" y="{text}" text-anchor="middle">{label}</text></g>'
    ).format(
        bar=bar,
        x=_x(segment.emitted_at),
        top=_PLOT_TOP,
        dot=_WORDS_TOP + 6,
        text=_WORDS_TOP + 24,
        colour=colour,
        title=f"emitted at {segment.emitted_at:.2f} s: {probabilities}",
        label=label,
    )


def _bar(span: tuple[float, float], top: float, colour: str, label: str, title: str) -> Markup:
    start, end = span
    width = max(_SECOND * (end - start), 2.0)
    if _LETTER * len(label) > width:
        label = label.partition(" · ")[0]  # the number alone
    return Markup(
        '<svg x="{x:.1f}" y="{top}" width="{width:.1f}" height="{height}"><title>{title}</title>'
        '<rect width="100%" height="100%" rx="3" fill="{colour}" fill-opacity="0.75"/>'
        '<text x="3" y="14">{label}</text></svg>'
    ).format(x=_x(start), top=top, width=width, height=_LANE, title=title, colour=colour, label=label)


def _grid(end: float) -> Markup:
    seconds: Sequence[int] = range(int(end) + 1)
    lines = "".join(f"M{_x(second):.1f} {_PLOT_TOP}V{_PLOT_BOTTOM}" for second in seconds)
    labels = Markup("").join(
        Markup('<text x="{:.1f}" y="{}" class="soft" font-size="10">{} s</text>').format(
            _x(second) + 2, _PLOT_BOTTOM - 2, second
        )
        for second in seconds
    )
    return Markup('<path d="{}" stroke="var(--line)"/>{}').format(lines, labels)


def _threshold_line(raise_threshold: float, end: float) -> Markup:
    return Markup('<path d="M0 {y:.1f}H{end:.1f}" stroke="var(--soft)" stroke-dasharray="5 4"/>').format(
        y=_y(-raise_threshold), end=_x(end)
    )


def _label(sign: Sign | None, sign_id: int) -> str:
    return str(sign_id) if sign is None else f"{sign_id} · {sign.word}"


def _x(seconds: float) -> float:
    return _SECOND * seconds


def _y(height: float) -> float:
    share = (_MAX_HEIGHT - min(max(height, _MIN_HEIGHT), _MAX_HEIGHT)) / (_MAX_HEIGHT - _MIN_HEIGHT)
    return _PLOT_TOP + share * (_PLOT_BOTTOM - _PLOT_TOP)
