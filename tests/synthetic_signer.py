"""A synthetic stream of a signer who raises the right hand to sign and rests in between."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from landmarkers.frame import Landmarks
from landmarkers.layout import LEFT_SHOULDER, LEFT_WRIST, PART_SLICES, POINT_COUNT, RIGHT_SHOULDER, RIGHT_WRIST, Part
from landmarkers.take import Provenance, Take

LANDMARKER = "synthetic"
PROVENANCE = Provenance(clip="synthetic", landmarker=LANDMARKER)

_LEFT_SHOULDER, _RIGHT_SHOULDER = (0.6, 0.4), (0.4, 0.4)
_LEFT_REST, _RIGHT_REST = (0.65, 0.9), (0.35, 0.9)
_UP = 0.45


@dataclass(frozen=True, slots=True)
class Sign:
    """A sign with the right hand up from `start` to `end`; the tiny model distinguishes signs by the hand's `x`."""

    start: float
    end: float
    x: float = 0.5


def even_times(fps: float, end: float) -> list[float]:
    """The times of a camera with a constant frame rate."""
    return [index / fps for index in range(round(end * fps) + 1)]


def stream(times: Sequence[float], *signs: Sign) -> list[Landmarks]:
    """The landmarks of the signer at these times."""
    return [signer(time, next((sign for sign in signs if sign.start <= time <= sign.end), None)) for time in times]


def take(times: Sequence[float], *signs: Sign, provenance: Provenance = PROVENANCE) -> Take:
    """The same as a take."""
    return Take.from_landmarks(stream(times, *signs), provenance)


def signer(time: float, sign: Sign | None) -> Landmarks:
    """The signer at rest or, with a sign, with the right hand up."""
    points = np.full((POINT_COUNT, 3), np.nan, np.float32)
    pose = np.full((33, 3), 0.5, np.float32)
    wrist = _RIGHT_REST if sign is None else (sign.x, _UP)
    pose[LEFT_SHOULDER, :2], pose[RIGHT_SHOULDER, :2] = _LEFT_SHOULDER, _RIGHT_SHOULDER
    pose[LEFT_WRIST, :2], pose[RIGHT_WRIST, :2] = _LEFT_REST, wrist
    points[PART_SLICES[Part.POSE]] = pose
    if sign is not None:
        points[PART_SLICES[Part.RIGHT_HAND]] = (*wrist, 0.0)
    return Landmarks(points, time)


def hand_without_body(time: float) -> Landmarks:
    """A hand so close to the camera that no body is visible."""
    points = np.full((POINT_COUNT, 3), np.nan, np.float32)
    points[PART_SLICES[Part.RIGHT_HAND]] = (0.5, 0.9, 0.0)
    return Landmarks(points, time)
