"""The landmarks of one face, by MediaPipe's face landmark network.

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

_EYES: Final = (33, 263)  # the outer corners, from the left of the image to the right
_POSE_EYES: Final = (6, 3)  # the same among the points of a body
_POSE_HEAD: Final = slice(0, 11)
_ROI_SCALE: Final = 1.5


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """The landmarks of one face: points [468, 3] in pixels."""

    points: Points

    @property
    def next_roi(self) -> RotatedRoi:
        """The region to search for this face in the next frame."""
        return enclosing_square(self.points[:, :2], _tilt(self.points[list(_EYES)])).shifted(0.0, 0.0, scale=_ROI_SCALE)


class FaceNetwork:
    """Detects the landmarks of a face within a region of interest."""

    def __init__(self, content: bytes) -> None:
        self.network = TfliteNetwork(content, ("conv2d_21", "conv2d_31"))

    def detect(self, image: Image, roi: RotatedRoi) -> Face | None:
        """Return the face in the region, or None when the network sees none."""
        size = self.network.input_size
        crop = roi.crop(image, size, cv2.BORDER_REPLICATE)
        points, presence = self.network.run(crop * np.float32(1 / 255))
        if presence.item() < 0.0:  # a logit
            return None
        return Face(roi.to_image(points.reshape(468, 3) / np.float32(size)))


def roi_from_head(body: Points) -> RotatedRoi:
    """Return the region of the face of a body [33, 3], in pixels, from its eyes, ears, nose and mouth."""
    head = body[_POSE_HEAD, :2]
    # The body's points span the head from ear to ear; the face network's points span it from forehead to chin.
    return enclosing_square(head, _tilt(body[list(_POSE_EYES)])).shifted(0.0, 0.0, scale=2.0)


def _tilt(eyes: Points) -> float:
    """Return the angle of a region in which the eyes [2, 2 or 3] are level."""
    return math.atan2(float(eyes[1, 1] - eyes[0, 1]), float(eyes[1, 0] - eyes[0, 0]))
