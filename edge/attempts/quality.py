"""Rejects recorded takes that are not good enough to learn from."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.attempts.rejection import Fault, Rejection
from landmarkers.layout import HANDS, LEFT_SHOULDER, PART_SLICES, RIGHT_SHOULDER, WRIST, Part
from landmarkers.take import Take
from models.manifest import SpotterSettings

# Of 437 KArSL clips all but one in a hundred pass these.
_MIN_DURATION_S: Final = 0.3
_MIN_FRAMES: Final = 5
_MIN_POSE_SHARE: Final = 0.8
_MIN_HAND_SHARE: Final = 0.75
_MAX_CUT_OFF_SHARE: Final = 0.3


def find_fault(take: Take, spotter: SpotterSettings, height: float | None) -> Rejection | None:
    """Return why a take is not good enough; None when it is.

    `height` is the image's, in image widths; None where there is no image, and then its lower border is unknown.
    """
    if take.duration >= spotter.max_duration_s:
        return Rejection(Fault.TOO_LONG, f"the hands did not rest for {spotter.max_duration_s:.0f} s")
    if take.duration < _MIN_DURATION_S:
        return Rejection(Fault.TOO_SHORT, f"the sign lasted only {take.duration:.1f} s")
    if len(take) < _MIN_FRAMES:
        return Rejection(Fault.TOO_FEW_FRAMES, f"only {len(take)} images came while you signed")
    if take.visible(Part.POSE).mean() < _MIN_POSE_SHARE:
        return Rejection(Fault.SHOULDERS_HIDDEN, "your shoulders were out of view")
    hands = take.visible(Part.LEFT_HAND) | take.visible(Part.RIGHT_HAND)
    if hands.mean() < _MIN_HAND_SHARE:
        return Rejection(Fault.HANDS_HIDDEN, f"your hands were visible in only {hands.mean():.0%} of the images")
    if _is_cut_off(take, spotter.raise_threshold, height).mean() > _MAX_CUT_OFF_SHARE:
        return Rejection(Fault.CUT_OFF, "your hand was cut off by the border of the image")
    return None


def _is_cut_off(take: Take, raise_threshold: float, height: float | None) -> NDArray[np.bool_]:
    """Return the frames in which a raised hand crosses the border, bool [time]; a resting hand may cross it."""
    pose = take.points[:, PART_SLICES[Part.POSE]]
    left, right = pose[:, LEFT_SHOULDER, :2], pose[:, RIGHT_SHOULDER, :2]
    line = (left[:, 1] + right[:, 1]) / 2 + raise_threshold * np.linalg.norm(left - right, axis=-1)
    lower_border = np.inf if height is None else height
    cut_off = np.zeros(len(take), np.bool_)
    for part in HANDS:
        hand = take.points[:, PART_SLICES[part], :2]
        outside = (hand < 0.0) | (hand > np.array([1.0, lower_border]))  # never for an unseen hand: NaN
        cut_off |= outside.any((1, 2)) & ~(hand[:, WRIST, 1] >= line)
    return cut_off
