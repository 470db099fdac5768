"""Finds segments in which the hands rest, and plays them for any duration."""

from dataclasses import replace
from enum import StrEnum
from itertools import groupby
from typing import Final

import numpy as np

from landmarkers.layout import HANDS, PART_SLICES, Part
from landmarkers.take import Take
from models.activity_detection import is_hand_raised
from trainer.evaluation.resampling import POSE_WRISTS, Times, resample

REST_BELOW: Final = 1.0  # shoulder widths below the shoulders, as the spotter measures a raised hand
MIN_REST_S: Final = 0.3  # hands that lie for less are in motion
_SETTLE_S: Final = 0.1  # from the moment when the hands are down until they lie still
_RARELY_VISIBLE: Final = 0.2  # of a sign's frames: a hand visible in fewer is idle


class RestVisibility(StrEnum):
    """The times when the camera sees resting hands.

    With `MIXED` they are in view at rest and in transitions only, as in the recordings: clips of one-handed signs lack
    the idle hand. With `ALWAYS` the idle hand is in view during the sign as well. With `NEVER` the lap is out of view.
    """

    MIXED = "mixed"
    ALWAYS = "always"
    NEVER = "never"


def rest_segments(take: Take) -> list[Take]:
    """Return the segments of a take in which both hands are visible and lie still below."""
    lies = take.visible(Part.LEFT_HAND) & take.visible(Part.RIGHT_HAND)
    lies &= ~np.array([is_hand_raised(landmarks, REST_BELOW) for landmarks in take.landmarks()])
    segments = []
    for down, numbers in groupby(range(len(take)), key=lambda number: bool(lies[number])):
        frames = np.array(list(numbers))
        still = frames[take.times[frames] >= take.times[frames[0]] + _SETTLE_S]
        if down and len(still) and take.times[still[-1]] - take.times[still[0]] >= MIN_REST_S:
            segments.append(Take(take.points[still], take.times[still] - take.times[still[0]], take.provenance))
    return segments


def loop_rest(rest: Take, times: Times, start: float = 0.0) -> Take:
    """Play a rest forwards and backwards from `start` seconds, at any times."""
    position = np.abs((times + start + rest.duration) % (2 * rest.duration) - rest.duration)
    unique, inverse = np.unique(position, return_inverse=True)
    return Take(resample(rest, unique).points[inverse], times, replace(rest.provenance, clip="rest", sign_id=None))


def hide_hands(take: Take) -> Take:
    """Return the take without hands (NaN)."""
    points = take.points.copy()
    for hand in HANDS:
        points[:, PART_SLICES[hand]] = np.nan
    return replace(take, points=points)


def add_idle_hands(sign: Take, rest: Take) -> Take:
    """Return the sign with a hand that it hardly shows taken from a rest, with the wrist of the pose."""
    points, resting = sign.points.copy(), loop_rest(rest, sign.times - sign.times[0]).points
    for hand in HANDS:
        if sign.visible(hand).mean() < _RARELY_VISIBLE:
            points[:, PART_SLICES[hand]] = resting[:, PART_SLICES[hand]]
            points[:, POSE_WRISTS[hand]] = resting[:, POSE_WRISTS[hand]]
    return replace(sign, points=points)
