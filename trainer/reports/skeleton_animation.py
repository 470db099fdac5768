"""A take drawn as a person of lines who moves: SVG and CSS alone, so that nothing runs in the page.

All frames stand in one strip, a square each, of which the picture shows one; the page's style moves the strip a square
at a time. So a reader can hold it still, and where motion is not wanted, or on paper, the middle frame stands.
"""

from collections.abc import Iterable, Sequence
from html import escape
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from landmarkers.bones import BODY_BONES, EARS, HAND_BONES
from landmarkers.layout import LEFT_SHOULDER, PART_SLICES, RIGHT_SHOULDER, WRIST, Part
from landmarkers.take import Take
from trainer.reports.html import Html, joined

_RATE: Final = 15.0  # frames a second that are drawn
_LONGEST_S: Final = 6.0
_HELD: Final = 5  # how many frames the last one stands before the take begins anew
_SIDE: Final = 300  # of a frame's square
_WIDE: Final = 3.4  # shoulder widths that the square shows
_ABOVE: Final = 1.45  # of these, above the shoulders
_HEAD: Final = 0.72  # the head's radius, in distances of the ears
_USUAL_SHOULDERS: Final = (0.5, 0.5, 0.37)  # x, y and width, where they are never seen
_HANDS: Final = {Part.LEFT_HAND: "left", Part.RIGHT_HAND: "right"}

HOLD_STILL: Final = Html(
    '<p class="hold"><label><input type="checkbox" id="hold"> hold all films still</label> '
    '<span class="soft">(one is held by pointing at it; left hand blue, right hand orange)</span>'
    "</p>"
)


def skeleton_animation(take: Take, told: str, kind: str = "") -> Html:
    """The take as a moving drawing; `kind` is "right" or "wrong" where it is to be marked as such."""
    shown = _frames(take)
    points = _placed(take)
    squares = "".join(
        f'<g transform="translate({_SIDE * place})">{_person(points[frame])}</g>' for place, frame in enumerate(shown)
    )
    trails = "".join(_trail(points[:, PART_SLICES[part]][:, WRIST], name) for part, name in _HANDS.items())
    seconds = len(shown) / _RATE
    return Html(
        f'<svg class="film {kind}" viewBox="0 0 {_SIDE} {_SIDE}" role="img" aria-label="{escape(told)}">'
        f'<g style="--frames: {len(shown)}; --seconds: {seconds:.2f}s; --middle: {(len(shown) - _HELD) // 2}">'
        f'{trails}<g class="strip">{squares}</g>'
        f'<rect class="played" y="{_SIDE - 5}" width="{_SIDE}" height="5"/></g></svg>'
    )


def gallery(films: Sequence[tuple[Html, str]]) -> Html:
    """Films in a row, each with what is to be said of it."""
    figures = (f"<figure>{drawn}<figcaption>{joined(caption)}</figcaption></figure>" for drawn, caption in films)
    return Html(f'<div class="films">{"".join(figures)}</div>')


def _frames(take: Take) -> list[int]:
    """The frames to draw, one for each tick of an even clock: the last one that was there by then."""
    times = take.times - take.times[0]
    ticks = np.arange(0.0, min(float(times[-1]), _LONGEST_S) + 0.5 / _RATE, 1.0 / _RATE)
    frames: list[int] = (np.searchsorted(times, ticks + 1e-6, side="right") - 1).tolist()
    return [*frames, *[frames[-1]] * _HELD]


def _placed(take: Take) -> NDArray[np.float32]:
    """The points in units of the square, [time, 543, 2], NaN where unseen; the shoulders where they mostly are."""
    shoulders = take.points[:, PART_SLICES[Part.POSE]][:, [LEFT_SHOULDER, RIGHT_SHOULDER], :2]
    seen = shoulders[~np.isnan(shoulders).any((1, 2))]
    x, y, width = _USUAL_SHOULDERS
    if len(seen):
        x, y = np.median(seen.mean(1), 0).tolist()
        width = max(float(np.median(np.linalg.norm(seen[:, 0] - seen[:, 1], axis=-1))), 0.05)
    corner = np.array([x - _WIDE * width / 2, y - _ABOVE * width], np.float32)
    placed: NDArray[np.float32] = (take.points[..., :2] - corner) * (_SIDE / (_WIDE * width))
    return placed


def _person(points: NDArray[np.float32]) -> str:
    """One frame: head, body and hands, as far as they are seen."""
    pose = points[PART_SLICES[Part.POSE]]
    drawn = _path(_lines(pose, BODY_BONES), "body") + _head(pose)
    for part, name in _HANDS.items():
        drawn += _path(_lines(points[PART_SLICES[part]], HAND_BONES), name)
    return drawn


def _head(pose: NDArray[np.float32]) -> str:
    left, right = (pose[ear] for ear in EARS)
    x, y = (left + right) / 2
    radius = _HEAD * float(np.linalg.norm(left - right))
    if np.isnan(radius) or not _is_near(left) or not _is_near(right):
        return ""
    return f'<ellipse class="body" cx="{x:.0f}" cy="{y:.0f}" rx="{radius:.0f}" ry="{1.2 * radius:.0f}"/>'


def _lines(points: NDArray[np.float32], bones: Iterable[tuple[int, int]]) -> str:
    """The bones whose ends are seen; one that begins where the one before ended goes on from there."""
    drawn, last = "", None
    for start, end in bones:
        if not (_is_near(points[start]) and _is_near(points[end])):
            continue
        drawn += _to(points[end], "L") if start == last else _to(points[start], "M") + _to(points[end], "L")
        last = end
    return drawn


def _trail(way: NDArray[np.float32], name: str) -> str:
    """The way of a wrist over the whole take, broken where the hand is not seen."""
    drawn = ""
    for before, here in pairwise([np.full(2, np.nan, np.float32), *way]):
        if _is_near(here):
            drawn += _to(here, "L" if _is_near(before) else "M")
    return _path(drawn, f"trail {name}")


def _is_near(point: Sequence[float] | NDArray[np.float32]) -> bool:
    """Whether a point is seen, and not far outside of the picture, where drawing it would only make the page larger."""
    return bool(np.all(np.abs(np.asarray(point) - _SIDE / 2) < 2 * _SIDE))


def _to(point: NDArray[np.float32], how: str) -> str:
    return f"{how}{point[0]:.0f} {point[1]:.0f}"


def _path(drawn: str, name: str) -> str:
    return f'<path class="{name}" d="{drawn}"/>' if drawn else ""
