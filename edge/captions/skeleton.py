"""The lines between joints that make a signer."""

from itertools import pairwise
from typing import Final

from edge.companion.message import Joints

LEFT_HAND: Final = 0
POSE: Final = 21
RIGHT_HAND: Final = 54
JOINTS: Final = 75
"""Where the left hand, the pose and the right hand begin among a view's joints, and how many these are."""

Bone = tuple[tuple[float, float], tuple[float, float]]

_FINGERS: Final = ((1, 2, 3, 4), (5, 6, 7, 8), (9, 10, 11, 12), (13, 14, 15, 16), (17, 18, 19, 20))
HAND: Final = (
    *((0, finger[0]) for finger in _FINGERS),
    *(pair for finger in _FINGERS for pair in pairwise(finger)),
    *((5, 9), (9, 13), (13, 17)),
)
BODY: Final = ((11, 12), (11, 13), (13, 15), (12, 14), (14, 16), (11, 23), (12, 24))
"""Shoulders, arms and sides, by the numbers of the pose."""

_LEFT_EAR: Final = 7
_RIGHT_EAR: Final = 8


def bones(joints: Joints, start: int, pairs: tuple[tuple[int, int], ...]) -> list[Bone]:
    """The lines of a part whose both ends are seen."""
    ends = ((joints[start + one], joints[start + other]) for one, other in pairs)
    return [(one, other) for one, other in ends if one is not None and other is not None]


def head(joints: Joints) -> tuple[float, float, float] | None:
    """The head as a circle: x, y and radius in widths of the picture; None when the ears are not seen."""
    left, right = joints[POSE + _LEFT_EAR], joints[POSE + _RIGHT_EAR]
    if left is None or right is None:
        return None
    radius = 0.72 * ((left[0] - right[0]) ** 2 + (left[1] - right[1]) ** 2) ** 0.5
    return (left[0] + right[0]) / 2, (left[1] + right[1]) / 2, radius
