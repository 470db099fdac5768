"""Whether a recorded take is good enough to learn from."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from landmarkers.layout import HANDS, LEFT_SHOULDER, PART_SLICES, RIGHT_SHOULDER, WRIST, Part
from landmarkers.take import Take
from models.manifest import SpotterSettings

# Of 437 KArSL clips all but one in a hundred pass these.
_SHORTEST_S: Final = 0.3
_FEWEST_FRAMES: Final = 5
_BODY_SHARE: Final = 0.8
_HAND_SHARE: Final = 0.75
_CUT_OFF_SHARE: Final = 0.3


def find_fault(take: Take, spotter: SpotterSettings, height: float | None) -> str | None:
    """What is wrong with a take, as the beginning of a sentence; None when nothing is.

    `height` is the picture's, in picture widths; None where there is no picture, and then its lower border is unknown.
    """
    if take.duration >= spotter.max_duration_s:
        return f"the hands did not rest for {spotter.max_duration_s:.0f} s"
    if take.duration < _SHORTEST_S:
        return f"the sign lasted only {take.duration:.1f} s"
    if len(take) < _FEWEST_FRAMES:
        return f"only {len(take)} pictures came while you signed"
    if take.visible(Part.POSE).mean() < _BODY_SHARE:
        return "your shoulders were out of view"
    hands = take.visible(Part.LEFT_HAND) | take.visible(Part.RIGHT_HAND)
    if hands.mean() < _HAND_SHARE:
        return f"your hands were seen in only {hands.mean():.0%} of the pictures"
    if _cut_off(take, spotter.raise_threshold, height).mean() > _CUT_OFF_SHARE:
        return "your hand was cut off by the picture's border"
    return None


def _cut_off(take: Take, raise_threshold: float, height: float | None) -> NDArray[np.bool_]:
    """In which frames a raised hand reaches over the border, [time]; a resting one may."""
    pose = take.points[:, PART_SLICES[Part.POSE]]
    left, right = pose[:, LEFT_SHOULDER, :2], pose[:, RIGHT_SHOULDER, :2]
    line = (left[:, 1] + right[:, 1]) / 2 + raise_threshold * np.linalg.norm(left - right, axis=-1)
    lowest = np.inf if height is None else height
    over = np.zeros(len(take), np.bool_)
    for part in HANDS:
        hand = take.points[:, PART_SLICES[part], :2]
        outside = (hand < 0.0) | (hand > np.array([1.0, lowest]))  # never of a hand that is not seen: NaN
        over |= outside.any((1, 2)) & ~(hand[:, WRIST, 1] >= line)
    return over
