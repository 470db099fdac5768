"""The parts of a frame that workers receive for a preview: the signer's joints and a reduced image."""

import math
from typing import Final

import numpy as np
from PIL import Image

from edge.workers.protocol import Joints
from landmarkers.frame import Frame, Landmarks
from landmarkers.layout import PART_SLICES, Part

_PARTS: Final = (Part.LEFT_HAND, Part.POSE, Part.RIGHT_HAND)
_DEFAULT_ASPECT: Final = 0.75  # of a replayed take, whose frames have no image


def joints_of(landmarks: Landmarks) -> Joints:
    """Return the joints, None for each that was not found."""
    points = np.concatenate([landmarks.points[PART_SLICES[part], :2] for part in _PARTS])
    return tuple(None if math.isnan(x) else (x, y) for x, y in points.astype(np.float64).round(4).tolist())


def aspect_of(frame: Frame) -> float:
    """Return the image's height divided by its width."""
    height, width = frame.image.shape[:2]
    return height / width if has_image(frame) else _DEFAULT_ASPECT


def has_image(frame: Frame) -> bool:
    """Return True if the frame has an image; those of a replayed take have none."""
    return frame.image.size > 0


def reduced_image(frame: Frame, max_width: int) -> Image.Image:
    """Return the frame's image, which must exist, reduced by a whole factor to at most this width."""
    return Image.fromarray(frame.image).reduce(math.ceil(frame.image.shape[1] / max_width))
