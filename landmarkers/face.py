"""The points of one face, by MediaPipe's face landmark network, and where to look for it in the next frame.

Kartynnik et al., Real-time Facial Surface Geometry from Monocular Video on Mobile GPUs, 2019.
"""

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from landmarkers.frame import Image, Points
from landmarkers.litert import TfliteNetwork
from landmarkers.roi import RotatedRoi, enclosing_square

_EYES: Final = (33, 263)  # the outer corners, from the left of the picture to the right
_POSE_EYES: Final = (6, 3)  # the same among the points of a body
_POSE_HEAD: Final = slice(0, 11)
_GROWN: Final = 1.5


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """A face: points [468, 3] in pixels."""

    points: Points

    @property
    def next_roi(self) -> RotatedRoi:
        """Where to look for this face in the next frame."""
        return enclosing_square(self.points[:, :2], _tilt(self.points[list(_EYES)])).shifted(0.0, 0.0, grown=_GROWN)


class FaceNetwork:
    """Finds a face's points within a region."""

    def __init__(self, content: bytes) -> None:
        self.network = TfliteNetwork(content, ("conv2d_21", "conv2d_31"))

    def detect(self, picture: Image, region: RotatedRoi) -> Face | None:
        """The face in the region, None when there seems to be none."""
        size = self.network.input_size
        cut = region.crop(picture, size, cv2.BORDER_REPLICATE)
        points, presence = self.network.run(cut * np.float32(1 / 255))
        if presence.item() < 0.0:  # a logit
            return None
        return Face(region.to_image(points.reshape(468, 3) / np.float32(size)))


def roi_from_head(body: Points) -> RotatedRoi:
    """Where to look for the face of a body [33, 3], in pixels: eyes, ears, nose and mouth are among its points."""
    head = body[_POSE_HEAD, :2]
    # These points span the face from ear to ear; the face network's span from forehead to chin.
    return enclosing_square(head, _tilt(body[list(_POSE_EYES)])).shifted(0.0, 0.0, grown=2.0)


def _tilt(eyes: Points) -> float:
    """The angle of a region in which the eyes lie level."""
    return math.atan2(float(eyes[1, 1] - eyes[0, 1]), float(eyes[1, 0] - eyes[0, 0]))
