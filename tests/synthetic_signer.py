"""A made-up person before the camera, who lifts the right hand to sign and rests in between."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from landmarkers.frame import Landmarks
from landmarkers.layout import LEFT_SHOULDER, LEFT_WRIST, PART_SLICES, POINT_COUNT, RIGHT_SHOULDER, RIGHT_WRIST, Part
from landmarkers.take import Provenance, Take

LANDMARKER = "made-up"
ORIGIN = Provenance(clip="made-up", landmarker=LANDMARKER)

_LEFT_SHOULDER, _RIGHT_SHOULDER = (0.6, 0.4), (0.4, 0.4)
_LEFT_REST, _RIGHT_REST = (0.65, 0.9), (0.35, 0.9)
_UP = 0.45


@dataclass(frozen=True, slots=True)
class Sign:
    """The right hand is up from one time to another; `place` is its x, by which the tiny model tells signs apart."""

    start: float
    end: float
    x: float = 0.5


def even_times(rate: float, end: float) -> list[float]:
    """The times of a camera that never falters."""
    return [number / rate for number in range(round(end * rate) + 1)]


def stream(times: Sequence[float], *signs: Sign) -> list[Landmarks]:
    """What a camera sees of the person at these times."""
    return [signer(time, next((sign for sign in signs if sign.start <= time <= sign.end), None)) for time in times]


def take(times: Sequence[float], *signs: Sign, provenance: Provenance = ORIGIN) -> Take:
    """The same as a recorded take."""
    return Take.from_landmarks(stream(times, *signs), provenance)


def signer(time: float, sign: Sign | None) -> Landmarks:
    """The person at rest or, with a sign, with the right hand up."""
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
    """A hand held so close to the camera that nothing else of the person is seen."""
    points = np.full((POINT_COUNT, 3), np.nan, np.float32)
    points[PART_SLICES[Part.RIGHT_HAND]] = (0.5, 0.9, 0.0)
    return Landmarks(points, time)
