"""The bones of a skeleton drawing: pairs of point indices within a part."""

from itertools import pairwise
from typing import Final

from landmarkers.layout import LEFT_ELBOW, LEFT_SHOULDER, LEFT_WRIST, RIGHT_ELBOW, RIGHT_SHOULDER, RIGHT_WRIST, WRIST

_FINGERS: Final = ((1, 2, 3, 4), (5, 6, 7, 8), (9, 10, 11, 12), (13, 14, 15, 16), (17, 18, 19, 20))
_LEFT_HIP: Final = 23
_RIGHT_HIP: Final = 24

HAND_BONES: Final = (
    *((WRIST, finger[0]) for finger in _FINGERS),
    *(pair for finger in _FINGERS for pair in pairwise(finger)),
    *((5, 9), (9, 13), (13, 17)),
)
BODY_BONES: Final = (
    (LEFT_SHOULDER, RIGHT_SHOULDER),
    (LEFT_SHOULDER, LEFT_ELBOW),
    (LEFT_ELBOW, LEFT_WRIST),
    (RIGHT_SHOULDER, RIGHT_ELBOW),
    (RIGHT_ELBOW, RIGHT_WRIST),
    (LEFT_SHOULDER, _LEFT_HIP),
    (RIGHT_SHOULDER, _RIGHT_HIP),
)
"""Shoulders, arms and sides of the body, in the pose."""

EARS: Final = (7, 8)
