"""Makes views of frames for the preview: small, and without the picture where only the skeleton is to be seen."""

import math
from typing import Final

import numpy as np
from PIL import Image

from edge.captions.message import Joints, View
from landmarkers.frame import Frame, Landmarks
from landmarkers.layout import PART_SLICES, Part

_WIDTH: Final = 400  # enough for a third of a screen's width
_ASPECT: Final = 0.75  # of a replayed take, whose frames hold no picture
_PARTS: Final = (Part.LEFT_HAND, Part.POSE, Part.RIGHT_HAND)


def view_of(frame: Frame, landmarks: Landmarks, at: float, *, with_picture: bool) -> View:
    """The view of a frame taken at a moment of the monotonic clock."""
    joints = joints_of(landmarks)
    height, width = frame.picture.shape[:2]
    if not width or not height:
        return View(at, _ASPECT, joints)
    if not with_picture:
        return View(at, height / width, joints)
    small = Image.fromarray(frame.picture).reduce(math.ceil(width / _WIDTH))
    return View(at, height / width, joints, small.size, small.tobytes())


def joints_of(landmarks: Landmarks) -> Joints:
    """The joints of a view."""
    points = np.concatenate([landmarks.points[PART_SLICES[part], :2] for part in _PARTS])
    return tuple(None if math.isnan(x) else (x, y) for x, y in points.astype(np.float64).round(4).tolist())
