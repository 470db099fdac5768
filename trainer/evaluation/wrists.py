"""How high the wrists are, as the spotter sees it."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from landmarkers.layout import LEFT_SHOULDER, LEFT_WRIST, PART_SLICES, RIGHT_SHOULDER, RIGHT_WRIST, WRIST, Part
from landmarkers.take import Take

_IN_POSE: Final = {Part.LEFT_HAND: LEFT_WRIST, Part.RIGHT_HAND: RIGHT_WRIST}


@dataclass(frozen=True, slots=True, eq=False)
class Wrists:
    """For each hand, in shoulder widths, how far its wrist is above the shoulders, and whether the hand is seen.

    All are [time]; heights are NaN where the shoulders or the wrist are unseen.
    """

    times: NDArray[np.float64]
    heights: dict[Part, NDArray[np.float64]]
    seen: dict[Part, NDArray[np.bool_]]

    @classmethod
    def of(cls, take: Take) -> Self:
        """The wrists in a take; where pose and hand each have one, the higher counts."""
        pose = take.points[:, PART_SLICES[Part.POSE]].astype(np.float64)
        left, right = pose[:, LEFT_SHOULDER, :2], pose[:, RIGHT_SHOULDER, :2]
        middle, width = (left[:, 1] + right[:, 1]) / 2, np.linalg.norm(left - right, axis=-1)
        heights = {
            hand: (middle - np.fmin(pose[:, wrist, 1], take.points[:, PART_SLICES[hand]][:, WRIST, 1])) / width
            for hand, wrist in _IN_POSE.items()
        }
        return cls(take.times, heights, {hand: take.visible(hand) for hand in _IN_POSE})
