"""What companions are shown of a frame: the signer's joints, and the picture made small."""

import math
from typing import Final

import numpy as np
from PIL import Image

from edge.workers.protocol import Joints
from landmarkers.frame import Frame, Landmarks
from landmarkers.layout import PART_SLICES, Part

_PARTS: Final = (Part.LEFT_HAND, Part.POSE, Part.RIGHT_HAND)
_ASPECT: Final = 0.75  # of a replayed take, whose frames hold no picture


def joints_of(landmarks: Landmarks) -> Joints:
    """The joints that were found."""
    points = np.concatenate([landmarks.points[PART_SLICES[part], :2] for part in _PARTS])
    return tuple(None if math.isnan(x) else (x, y) for x, y in points.astype(np.float64).round(4).tolist())


def aspect_of(frame: Frame) -> float:
    """The picture's height by its width."""
    height, width = frame.image.shape[:2]
    return height / width if has_picture(frame) else _ASPECT


def has_picture(frame: Frame) -> bool:
    """Whether there is a picture; a replayed take has none."""
    return frame.image.size > 0


def small_picture(frame: Frame, width: int) -> Image.Image:
    """The frame's picture, which must be there, at most so wide."""
    return Image.fromarray(frame.image).reduce(math.ceil(frame.image.shape[1] / width))
