"""Moves and scales takes so that the shoulders of different signers coincide."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from landmarkers.layout import LEFT_SHOULDER, PART_SLICES, RIGHT_SHOULDER, Part
from landmarkers.take import Take

_POSE: Final = PART_SLICES[Part.POSE].start


@dataclass(frozen=True, slots=True)
class Shoulders:
    """The middle between the shoulders and their distance, in image widths."""

    x: float
    y: float
    width: float


def shoulders_of(take: Take) -> Shoulders:
    """Return the median shoulders of a take."""
    left, right = take.points[:, _POSE + LEFT_SHOULDER, :2], take.points[:, _POSE + RIGHT_SHOULDER, :2]
    x, y = np.nanmedian((left + right) / 2, axis=0)
    return Shoulders(float(x), float(y), float(np.nanmedian(np.linalg.norm(left - right, axis=-1))))


def align_shoulders(take: Take, shoulders: Shoulders) -> Take:
    """Return the take moved and scaled onto other shoulders."""
    own = shoulders_of(take)
    origin = np.array([own.x, own.y, 0.0], np.float32)
    target = np.array([shoulders.x, shoulders.y, 0.0], np.float32)
    points = (take.points - origin) * np.float32(shoulders.width / own.width) + target
    return Take(points, take.times, take.provenance)
