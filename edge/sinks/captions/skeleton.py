"""What of a view's joints makes a signer: bones and head."""

from typing import Final

from edge.workers.protocol import Joints
from landmarkers.bones import EARS

LEFT_HAND: Final = 0
POSE: Final = 21
RIGHT_HAND: Final = 54
JOINTS: Final = 75
"""Where the left hand, the pose and the right hand begin among a view's joints, and how many these are."""

Bone = tuple[tuple[float, float], tuple[float, float]]


def bones(joints: Joints, start: int, pairs: tuple[tuple[int, int], ...]) -> list[Bone]:
    """The lines of a part whose both ends are seen."""
    ends = ((joints[start + one], joints[start + other]) for one, other in pairs)
    return [(one, other) for one, other in ends if one is not None and other is not None]


def head(joints: Joints) -> tuple[float, float, float] | None:
    """The head as a circle: x, y and radius in widths of the picture; None when the ears are not seen."""
    left, right = (joints[POSE + ear] for ear in EARS)
    if left is None or right is None:
        return None
    radius = 0.72 * ((left[0] - right[0]) ** 2 + (left[1] - right[1]) ** 2) ** 0.5
    return (left[0] + right[0]) / 2, (left[1] + right[1]) / 2, radius
