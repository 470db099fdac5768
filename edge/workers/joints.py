"""The joints of a signer, as workers and browsers receive them to draw a skeleton."""

import math
from typing import Final

import numpy as np

from edge.workers.protocol import Joints
from landmarkers.frame import Landmarks
from landmarkers.layout import PART_SLICES, Part

_PARTS: Final = (Part.LEFT_HAND, Part.POSE, Part.RIGHT_HAND)


def joints_of(landmarks: Landmarks) -> Joints:
    """Return the joints, None for each that was not found."""
    points = np.concatenate([landmarks.points[PART_SLICES[part], :2] for part in _PARTS])
    return tuple(None if math.isnan(x) else (x, y) for x, y in points.astype(np.float64).round(4).tolist())
