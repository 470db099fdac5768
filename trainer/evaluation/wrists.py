"""Heights of the wrists, as the spotter measures them."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from landmarkers.layout import LEFT_SHOULDER, LEFT_WRIST, PART_SLICES, RIGHT_SHOULDER, RIGHT_WRIST, WRIST, Part
from landmarkers.take import Take

_POSE_WRISTS: Final = {Part.LEFT_HAND: LEFT_WRIST, Part.RIGHT_HAND: RIGHT_WRIST}


@dataclass(frozen=True, slots=True, eq=False)
class Wrists:
    """Height of each wrist above the shoulders, in shoulder widths, and in which frames the hand is visible.

    All arrays are [time]; heights are NaN where the shoulders or the wrist are not visible.
    """

    times: NDArray[np.float64]
    heights: dict[Part, NDArray[np.float64]]
    visible: dict[Part, NDArray[np.bool_]]

    @classmethod
    def of(cls, take: Take) -> Self:
        """Measure the wrists in a take. Where pose and hand both have a wrist point, the higher one counts."""
        pose = take.points[:, PART_SLICES[Part.POSE]].astype(np.float64)
        left, right = pose[:, LEFT_SHOULDER, :2], pose[:, RIGHT_SHOULDER, :2]
        middle, width = (left[:, 1] + right[:, 1]) / 2, np.linalg.norm(left - right, axis=-1)
        heights = {
            hand: (middle - np.fmin(pose[:, wrist, 1], take.points[:, PART_SLICES[hand]][:, WRIST, 1])) / width
            for hand, wrist in _POSE_WRISTS.items()
        }
        return cls(take.times, heights, {hand: take.visible(hand) for hand in _POSE_WRISTS})
