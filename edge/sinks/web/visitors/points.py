"""The subset of landmarks that the research project's page draws."""

from typing import Final

import numpy as np

from landmarkers.frame import Landmarks
from landmarkers.layout import PART_SLICES, Part

# Point numbers within each part (https://ai.google.dev/edge/mediapipe/solutions/vision/face_landmarker).
_POSE: Final = (11, 12, 13, 14, 15, 16)
_HAND: Final = (0, 1, 4, 5, 8, 9, 12, 13, 16, 17, 20)
_FACE_OVAL: Final = (10, 21, 58, 67, 93, 103, 127, 148, 150, 172, 176, 251, 288, 297, 323, 332, 356, 365, 377, 378)
_LIPS: Final = (0, 13, 14, 37, 40, 61, 78, 81, 84, 91, 95, 178, 267, 270, 291, 308, 311, 314, 317, 321, 324, 402)
_EYES: Final = (7, 33, 133, 145, 157, 158, 159, 160, 249, 263, 362, 374, 384, 385, 386, 387)
_BROWS: Final = (46, 52, 55, 105, 107, 276, 282, 285, 334, 336)
_FACE: Final = tuple(sorted(_FACE_OVAL + _LIPS + _EYES + _BROWS))

_SELECTED: Final = np.array(
    [
        PART_SLICES[part].start + number
        for part, numbers in ((Part.POSE, _POSE), (Part.FACE, _FACE), (Part.RIGHT_HAND, _HAND), (Part.LEFT_HAND, _HAND))
        for number in numbers
    ]
)


def reference_points(landmarks: Landmarks, aspect: float) -> list[list[float]]:
    """Return the 96 points [x, y, z, visibility] that the research project's page draws, zeros where unseen.

    `aspect` is the height of the picture by its width: on that page y is in heights.
    """
    points = np.ones((len(_SELECTED), 4))
    points[:, :3] = landmarks.points[_SELECTED] / (1.0, aspect, 1.0)
    points[np.isnan(points).any(axis=1)] = 0.0
    rounded: list[list[float]] = points.round(4).tolist()
    return rounded
