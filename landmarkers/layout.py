"""The 543 points of one frame and the position of each body part among them.

The order is that of MediaPipe Holistic as Google's "Isolated Sign Language Recognition" data set
stores it: face 468, left hand 21, pose 33, right hand 21. Left and right are the signer's own.
"""

from enum import StrEnum
from typing import Final

LAYOUT_NAME: Final = "holistic-543"
POINT_COUNT: Final = 543


class Part(StrEnum):
    """A body part that one landmark network detects."""

    FACE = "face"
    LEFT_HAND = "left_hand"
    POSE = "pose"
    RIGHT_HAND = "right_hand"


PART_SLICES: Final[dict[Part, slice]] = {
    Part.FACE: slice(0, 468),
    Part.LEFT_HAND: slice(468, 489),
    Part.POSE: slice(489, 522),
    Part.RIGHT_HAND: slice(522, 543),
}

HANDS: Final = frozenset({Part.LEFT_HAND, Part.RIGHT_HAND})
DEFAULT_PARTS: Final = HANDS | {Part.POSE}

# Indices within the pose (https://ai.google.dev/edge/mediapipe/solutions/vision/pose_landmarker).
NOSE: Final = 0
LEFT_SHOULDER: Final = 11
RIGHT_SHOULDER: Final = 12
LEFT_ELBOW: Final = 13
RIGHT_ELBOW: Final = 14
LEFT_WRIST: Final = 15
RIGHT_WRIST: Final = 16

# Indices within a hand.
WRIST: Final = 0

SHOULDER_WIDTHS_OF_HAND: Final = 0.9
"""The side of the region that holds a hand (0.7 to 1.1 in nine of ten frames), whatever the hand's shape."""


def parts_in_order(parts: frozenset[Part]) -> tuple[Part, ...]:
    """Return the given parts in the order of the layout."""
    return tuple(part for part in PART_SLICES if part in parts)
