"""Resamples takes at other times, as a camera of another frame rate would have recorded them."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from landmarkers.layout import HANDS, LEFT_WRIST, PART_SLICES, RIGHT_WRIST, Part
from landmarkers.take import Take

_POSE: Final = PART_SLICES[Part.POSE].start
POSE_WRISTS: Final = {Part.LEFT_HAND: _POSE + LEFT_WRIST, Part.RIGHT_HAND: _POSE + RIGHT_WRIST}

Times = NDArray[np.float64]


def simulate_camera(recorded: Take, rate: float, drop: float, random: np.random.Generator) -> Take:
    """Return what a camera of `rate` frames a second records when it drops this fraction of its frames."""
    first = random.uniform(0.0, 1.0 / rate)
    times = recorded.times[0] + np.arange(first, max(recorded.duration, first + 1e-6), 1.0 / rate)
    kept = random.random(len(times)) >= drop
    kept[0] = True
    return resample(recorded, times[kept])


def resample(recorded: Take, times: Times) -> Take:
    """Return the poses at any times, interpolated linearly between the frames before and after.

    A part that only one of these two frames shows is visible while that frame is the nearer one; a hand is then moved
    with its wrist.
    """
    after = np.clip(np.searchsorted(recorded.times, times), min(1, len(recorded) - 1), len(recorded) - 1)
    before = np.maximum(after - 1, 0)
    span = np.maximum(recorded.times[after] - recorded.times[before], 1e-9)
    share = np.clip((times - recorded.times[before]) / span, 0.0, 1.0).astype(np.float32)[:, None, None]
    first, second = recorded.points[before], recorded.points[after]
    nearest = np.where(share < 0.5, first, second)
    between = first + share * (second - first)
    points = np.where(np.isnan(between), nearest, between)
    for hand in HANDS:
        wrist, part = POSE_WRISTS[hand], PART_SLICES[hand]
        moved = nearest[:, part] + np.nan_to_num(between[:, wrist] - nearest[:, wrist])[:, None]
        points[:, part] = np.where(np.isnan(between[:, part]), moved, between[:, part])
    return Take(points, times, recorded.provenance)
