"""Draws a take as an animated skeleton in SVG and CSS alone, so that no script runs in the page.

All frames stand in one strip of squares, of which the picture shows one; the page's style moves the strip by one square
at a time. So a reader can pause it, and where motion is not wanted, or on paper, the middle frame is shown.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from landmarkers.bones import BODY_BONES, EARS, HAND_BONES
from landmarkers.layout import LEFT_SHOULDER, PART_SLICES, RIGHT_SHOULDER, WRIST, Part
from landmarkers.take import Take

_RATE: Final = 15.0  # frames drawn a second
_MAX_S: Final = 6.0
_PAUSE_FRAMES: Final = 5  # for which the last frame stays before the animation repeats
_SIDE: Final = 300  # of a frame's square
_SHOWN_WIDTH: Final = 3.4  # shoulder widths that the square shows
_SHOWN_ABOVE: Final = 1.45  # of these, above the shoulders
_HEAD_RADIUS: Final = 0.72  # in distances between the ears
_DEFAULT_SHOULDERS: Final = (0.5, 0.5, 0.37)  # x, y and width, if they are never visible
_HANDS: Final = {Part.LEFT_HAND: "left", Part.RIGHT_HAND: "right"}

PAUSE_SWITCH: Final = Markup(
    '<p class="pause"><label><input type="checkbox" id="pause"> pause all animations</label> '
    '<span class="soft">(pointing at one pauses it; left hand blue, right hand orange)</span>'
    "</p>"
)


def skeleton_animation(take: Take, alt: str, kind: str = "") -> Markup:
    """Return the take as an animation with a text alternative; `kind` "right" or "wrong" marks it with a frame."""
    frames = _sample_frames(take)
    points = _to_square(take)
    squares = "".join(
        f'<g transform="translate({_SIDE * number})">{_skeleton(points[frame])}</g>'
        for number, frame in enumerate(frames)
    )
    trails = "".join(_trail(points[:, PART_SLICES[part]][:, WRIST], name) for part, name in _HANDS.items())
    return Markup(
        '<svg class="animation {kind}" viewBox="0 0 {side} {side}" role="img" aria-label="{alt}">'
        '<g style="--frames: {count}; --seconds: {seconds:.2f}s; --middle: {middle}">'
        '{trails}<g class="strip">{squares}</g>'
        '<rect class="progress" y="{bottom}" width="{side}" height="5"/></g></svg>'
    ).format(
        kind=kind,
        side=_SIDE,
        alt=alt,
        count=len(frames),
        seconds=len(frames) / _RATE,
        middle=(len(frames) - _PAUSE_FRAMES) // 2,
        trails=Markup(trails),  # noqa: S704  # numbers and our own names
        squares=Markup(squares),  # noqa: S704
        bottom=_SIDE - 5,
    )


def _sample_frames(take: Take) -> list[int]:
    """Return the frames to draw: for each tick of a constant rate, the last frame recorded by then."""
    times = take.times - take.times[0]
    ticks = np.arange(0.0, min(float(times[-1]), _MAX_S) + 0.5 / _RATE, 1.0 / _RATE)
    frames: list[int] = (np.searchsorted(times, ticks + 1e-6, side="right") - 1).tolist()
    return [*frames, *[frames[-1]] * _PAUSE_FRAMES]


def _to_square(take: Take) -> NDArray[np.float32]:
    """Return the points in units of the square, [time, 543, 2], NaN where not visible.

    The take is moved and scaled so that its median shoulders have a fixed position and width.
    """
    shoulders = take.points[:, PART_SLICES[Part.POSE]][:, [LEFT_SHOULDER, RIGHT_SHOULDER], :2]
    visible = shoulders[~np.isnan(shoulders).any((1, 2))]
    x, y, width = _DEFAULT_SHOULDERS
    if len(visible):
        x, y = np.median(visible.mean(1), 0).tolist()
        width = max(float(np.median(np.linalg.norm(visible[:, 0] - visible[:, 1], axis=-1))), 0.05)
    corner = np.array([x - _SHOWN_WIDTH * width / 2, y - _SHOWN_ABOVE * width], np.float32)
    points: NDArray[np.float32] = (take.points[..., :2] - corner) * (_SIDE / (_SHOWN_WIDTH * width))
    return points


def _skeleton(points: NDArray[np.float32]) -> str:
    """Return one frame: head, body and hands, as far as they are visible."""
    pose = points[PART_SLICES[Part.POSE]]
    drawn = _path(_bones(pose, BODY_BONES), "body") + _head(pose)
    for part, name in _HANDS.items():
        drawn += _path(_bones(points[PART_SLICES[part]], HAND_BONES), name)
    return drawn


def _head(pose: NDArray[np.float32]) -> str:
    left, right = (pose[ear] for ear in EARS)
    x, y = (left + right) / 2
    radius = _HEAD_RADIUS * float(np.linalg.norm(left - right))
    if np.isnan(radius) or not _is_near(left) or not _is_near(right):
        return ""
    return f'<ellipse class="body" cx="{x:.0f}" cy="{y:.0f}" rx="{radius:.0f}" ry="{1.2 * radius:.0f}"/>'


def _bones(points: NDArray[np.float32], bones: Iterable[tuple[int, int]]) -> str:
    """Return the bones with visible ends; one that starts where the previous one ended continues its line."""
    drawn, last = "", None
    for start, end in bones:
        if not (_is_near(points[start]) and _is_near(points[end])):
            continue
        drawn += _to(points[end], "L") if start == last else _to(points[start], "M") + _to(points[end], "L")
        last = end
    return drawn


def _trail(wrist: NDArray[np.float32], name: str) -> str:
    """Return the path of a wrist over the whole take, interrupted where the hand is not visible."""
    drawn = ""
    for before, here in pairwise([np.full(2, np.nan, np.float32), *wrist]):
        if _is_near(here):
            drawn += _to(here, "L" if _is_near(before) else "M")
    return _path(drawn, f"trail {name}")


def _is_near(point: Sequence[float] | NDArray[np.float32]) -> bool:
    """Return True if a point is visible and not so far outside that it would only make the page larger."""
    return bool(np.all(np.abs(np.asarray(point) - _SIDE / 2) < 2 * _SIDE))


def _to(point: NDArray[np.float32], command: str) -> str:
    return f"{command}{point[0]:.0f} {point[1]:.0f}"


def _path(drawn: str, name: str) -> str:
    return f'<path class="{name}" d="{drawn}"/>' if drawn else ""
