"""Converts keypoints of the research project behind Ishara (keypoints.py) to the layout of takes."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from landmarkers.errors import UserError
from landmarkers.frame import Points
from landmarkers.handedness import assign_handedness
from landmarkers.layout import (
    LEFT_ELBOW,
    LEFT_SHOULDER,
    LEFT_WRIST,
    NOSE,
    PART_SLICES,
    POINT_COUNT,
    RIGHT_ELBOW,
    RIGHT_SHOULDER,
    RIGHT_WRIST,
    Part,
)

_FRAME: Final = (184, 4)
_POSE: Final = (LEFT_SHOULDER, RIGHT_SHOULDER, LEFT_ELBOW, RIGHT_ELBOW, LEFT_WRIST, RIGHT_WRIST)
# MediaPipe's face contours (lips, eyes, brows, oval), in the order of their indices among the 468 points.
# fmt: off
_CONTOURS: Final = (
    0, 7, 10, 13, 14, 17, 21, 33, 37, 39, 40, 46, 52, 53, 54, 55, 58, 61, 63, 65, 66, 67, 70, 78, 80, 81, 82, 84, 87,
    88, 91, 93, 95, 103, 105, 107, 109, 127, 132, 133, 136, 144, 145, 146, 148, 149, 150, 152, 153, 154, 155, 157, 158,
    159, 160, 161, 162, 163, 172, 173, 176, 178, 181, 185, 191, 234, 246, 249, 251, 263, 267, 269, 270, 276, 282, 283,
    284, 285, 288, 291, 293, 295, 296, 297, 300, 308, 310, 311, 312, 314, 317, 318, 321, 323, 324, 332, 334, 336, 338,
    356, 361, 362, 365, 373, 374, 375, 377, 378, 379, 380, 381, 382, 384, 385, 386, 387, 388, 389, 390, 397, 398, 400,
    402, 405, 409, 415, 454, 466,
)
# fmt: on
_PARTS: Final = {
    "pose": slice(0, 6),
    "face": slice(6, 142),
    "named right": slice(142, 163),
    "named left": slice(163, 184),
}
# The pose's points of the face, each the mean of two face points: left eye, right eye, left and right mouth corner.
_FROM_FACE: Final = {2: (362, 263), 5: (33, 133), 9: (291, 291), 10: (61, 61)}
# Position of the nose between the centre of the eyes (0) and the centre of the mouth (1): measured on clips of KArSL.
_NOSE_POSITION: Final = 0.47


class KeypointsUnreadable(UserError):
    """An array that holds no keypoints; the message describes what it holds instead."""


def to_layout(keypoints: NDArray[Any], aspect: float) -> Points:
    """Convert keypoints [frames, 184, 4] to the 543-point layout, in widths of an image of this aspect.

    Raises KeypointsUnreadable for arrays that hold no keypoints.
    """
    if keypoints.ndim != 3 or keypoints.shape[1:] != _FRAME or len(keypoints) == 0:
        raise KeypointsUnreadable(f"it is an array {list(keypoints.shape)}, not of frames of 184 points with 4 values")
    if not np.issubdtype(keypoints.dtype, np.floating):
        raise KeypointsUnreadable(f"its values are {keypoints.dtype} instead of floats")
    values = keypoints[..., :3].astype(np.float32)
    detected = {name: (values[:, part] != 0.0).any((1, 2)) for name, part in _PARTS.items()}
    if detected["pose"].any() and not values[detected["pose"], 0].any():
        raise KeypointsUnreadable(
            "its parts are each centred on themselves (`--adjusted`), so the positions of the hands are lost"
        )
    values[..., 1] *= aspect
    points = np.full((len(values), POINT_COUNT, 3), np.nan, np.float32)
    pose, face = points[:, PART_SLICES[Part.POSE]], points[:, PART_SLICES[Part.FACE]]  # views, written through
    pose[:, _POSE] = _nan_if_missing(values[:, _PARTS["pose"]], detected["pose"])
    face[:, _CONTOURS] = _nan_if_missing(values[:, _PARTS["face"]][:, : len(_CONTOURS)], detected["face"])
    _add_head(pose, face, detected["pose"])
    _add_hands(points, values, detected)
    return points


def _nan_if_missing(part: Points, detected: NDArray[np.bool_]) -> Points:
    return np.where(detected[:, None, None], part, np.float32(np.nan))


def _add_head(pose: Points, face: Points, detected: NDArray[np.bool_]) -> None:
    """Compute nose, eyes and mouth of the pose from the face, in the image plane: the face has its own depth."""
    for index, (first, second) in _FROM_FACE.items():
        pose[:, index, :2] = (face[:, first, :2] + face[:, second, :2]) / 2
    eyes, mouth = (pose[:, pair, :2].mean(1) for pair in ([2, 5], [9, 10]))
    pose[:, NOSE, :2] = eyes + _NOSE_POSITION * (mouth - eyes)
    pose[~detected] = np.nan


def _add_hands(points: Points, values: Points, detected: dict[str, NDArray[np.bool_]]) -> None:
    """Add the hands, each on the side that its name and the wrists of the pose indicate.

    The files name hands as MediaPipe does, as in a mirrored image: the one named left is the signer's right.
    """
    named = (("named right", 0.0), ("named left", 1.0))
    for frame in range(len(values)):
        candidates = [
            (values[frame, _PARTS[name]], right_probability)
            for name, right_probability in named
            if detected[name][frame]
        ]
        hands, right_probabilities = [hand for hand, _ in candidates], [right for _, right in candidates]
        sides = assign_handedness(hands, right_probabilities, points[frame, PART_SLICES[Part.POSE]])
        for part, index in sides.items():
            points[frame, PART_SLICES[part]] = hands[index]
