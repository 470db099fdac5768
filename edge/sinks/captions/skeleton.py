"""Bones and head of a signer, from the joints of a view."""

from typing import Final

from edge.workers.protocol import Joints
from landmarkers.bones import EARS

LEFT_HAND: Final = 0
POSE: Final = 21
RIGHT_HAND: Final = 54
JOINTS: Final = 75
"""The first indices of left hand, pose and right hand among a view's joints, and the number of joints."""

_UPPER_BODY: Final = slice(0, POSE + 17), slice(RIGHT_HAND, JOINTS)  # without what is often out of view
_REGION_MARGIN: Final = 0.04  # in widths of the image
_HEAD_RADIUS: Final = 0.72  # in distances between the ears

Bone = tuple[tuple[float, float], tuple[float, float]]


def bones(joints: Joints, start: int, pairs: tuple[tuple[int, int], ...]) -> list[Bone]:
    """Return the lines of a part whose both ends are visible."""
    ends = ((joints[start + one], joints[start + other]) for one, other in pairs)
    return [(one, other) for one, other in ends if one is not None and other is not None]


def head(joints: Joints) -> tuple[float, float, float] | None:
    """Return the head as a circle (x, y, radius in widths of the image), or None when the ears are not visible."""
    left, right = (joints[POSE + ear] for ear in EARS)
    if left is None or right is None:
        return None
    radius = _HEAD_RADIUS * ((left[0] - right[0]) ** 2 + (left[1] - right[1]) ** 2) ** 0.5
    return (left[0] + right[0]) / 2, (left[1] + right[1]) / 2, radius


def region(joints: Joints) -> tuple[float, float, float, float] | None:
    """Return the rectangle (left, top, right, bottom) around head, arms and hands, or None when nobody is visible."""
    seen = [joint for part in _UPPER_BODY for joint in joints[part] if joint is not None]
    if not seen:
        return None
    x, y = zip(*seen, strict=True)
    return min(x) - _REGION_MARGIN, min(y) - _REGION_MARGIN, max(x) + _REGION_MARGIN, max(y) + _REGION_MARGIN
