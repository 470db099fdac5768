"""Notices that the signer cannot be read because the picture is too dark or blurred, or because they stand too far off.

The limits were measured by making recordings darker, smaller and more blurred until hands were lost; see
docs/cameras.md.
"""

from collections.abc import Callable
from typing import Final

import numpy as np

from edge.monitoring.status import Obstacle
from landmarkers.frame import Frame, Image, Landmarks, Points, shoulder_width
from landmarkers.layout import LEFT_SHOULDER, NOSE, RIGHT_SHOULDER, SHOULDER_WIDTHS_OF_HAND, Part

_EVERY_S: Final = 0.5
_STEADY_S: Final = 3.0
MIN_BRIGHTNESS: Final = 12.0  # mean of the pixels, 0 to 255
MIN_HAND_PX: Final = 48.0  # side of the region that holds a hand
MIN_SHARPNESS: Final = 0.02
_SHOULDER_WIDTHS_OF_NECK: Final = 1.4  # nose to the middle of the shoulders, of a person seen from the front
STRIDE: Final = 8  # pixels between those whose brightness is averaged
_SHARPNESS_SIZE: Final = 128  # pixels to which a signer's head and chest are reduced, however near they stand


class VisibilityMonitor:
    """Observes frames, and reports an obstacle, or that it is gone, once it has been so for three seconds."""

    def __init__(self, report: Callable[[Obstacle | None], None]) -> None:
        self._report = report
        self._reported: Obstacle | None = None
        self._found: Obstacle | None = None
        self._found_since = self._last = float("-inf")

    def observe(self, frame: Frame, landmarks: Landmarks) -> None:
        """Examine a frame, twice a second."""
        if 0.0 <= frame.time - self._last < _EVERY_S:
            return
        self._last = frame.time
        found = find_obstacle(frame.image, landmarks)
        if found != self._found or frame.time < self._found_since:
            self._found, self._found_since = found, frame.time
        if found != self._reported and frame.time - self._found_since >= _STEADY_S:
            self._reported = found
            self._report(found)


def find_obstacle(image: Image, landmarks: Landmarks) -> Obstacle | None:
    """Return the obstacle in one picture, None if there is none. Nobody in view is none."""
    pose = landmarks.part(Part.POSE) * np.float32(image.shape[1]) if landmarks.is_visible(Part.POSE) else None
    width = 0.0 if pose is None else seen_shoulder_width(pose)
    chest = image if pose is None else square_around(image, chest_middle(pose), width)
    if min(chest.shape[:2]) < STRIDE:  # a body at the picture's edge, or a replayed take, which has no pictures
        return None
    if chest[::STRIDE, ::STRIDE].mean() < MIN_BRIGHTNESS:
        return Obstacle.TOO_DARK
    if pose is None:
        return None
    if SHOULDER_WIDTHS_OF_HAND * width < MIN_HAND_PX:
        return Obstacle.TOO_FAR
    return Obstacle.TOO_BLURRED if sharpness(chest) < MIN_SHARPNESS else None


def sharpness(image: Image) -> float:
    """Return how sharp a picture [rows, columns, 3] is: the variance of its Laplacian, relative to that of its pixels.

    Pech-Pacheco et al., Diatom autofocusing in brightfield microscopy, ICPR 2000.
    """
    import cv2  # a daemon that replays takes starts without the libraries for images

    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    reduced = cv2.resize(grey, (_SHARPNESS_SIZE, _SHARPNESS_SIZE), interpolation=cv2.INTER_AREA).astype(np.float32)
    return float(cv2.Laplacian(reduced, cv2.CV_32F).var() / max(1.0, float(reduced.var())))


def seen_shoulder_width(pose: Points) -> float:
    """Return the width of the shoulders in pixels, estimated from the neck where they are seen from the side."""
    neck = float(np.linalg.norm(pose[NOSE, :2] - chest_middle(pose)))
    return max(shoulder_width(pose), _SHOULDER_WIDTHS_OF_NECK * neck)


def chest_middle(pose: Points) -> Points:
    """Return the middle between the shoulders."""
    middle: Points = pose[[LEFT_SHOULDER, RIGHT_SHOULDER], :2].mean(axis=0)
    return middle


def square_around(image: Image, centre: Points, reach: float) -> Image:
    """Return the square around a point, as far as it is in the image."""
    left, top, right, bottom = (max(0, int(at + sign * reach)) for sign in (-1, 1) for at in centre)
    return image[top:bottom, left:right]
