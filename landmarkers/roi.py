"""The square of a picture that a landmark network looks at, turned so that hand or body stands upright in it."""

import math
from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np

from landmarkers.frame import Image, Points


@dataclass(frozen=True, slots=True)
class RotatedRoi:
    """A square: its middle and side in pixels, and the angle in radians by which it is turned clockwise."""

    x: float
    y: float
    side: float
    angle: float

    @classmethod
    def whole(cls, picture: Image) -> Self:
        """The upright square around a whole picture."""
        height, width = picture.shape[:2]
        return cls(width / 2, height / 2, max(height, width), 0.0)

    def crop(self, picture: Image, size: int, border: int) -> Image:
        """The region as a picture [size, size, 3]; `border` is OpenCV's way to fill what lies outside the picture."""
        scale = self.side / size
        sine, cosine = math.sin(self.angle) * scale, math.cos(self.angle) * scale
        # MediaPipe maps corner to corner and counts pixels by their corners; anything else costs agreement with it.
        middle = size / 2
        matrix = np.array(
            [
                [cosine, -sine, self.x - middle * (cosine - sine)],
                [sine, cosine, self.y - middle * (sine + cosine)],
            ]
        )
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        return cv2.warpAffine(picture, matrix, (size, size), flags=flags, borderMode=border).astype(
            np.uint8, copy=False
        )

    def to_image(self, points: Points) -> Points:
        """Points [n, 2 or 3] of the region, 0 to 1 (their depth in its sides), in pixels of the picture."""
        sine, cosine = math.sin(self.angle) * self.side, math.cos(self.angle) * self.side
        away = points[:, :2] - 0.5
        placed = points * np.float32(self.side)
        placed[:, 0] = self.x + away[:, 0] * cosine - away[:, 1] * sine
        placed[:, 1] = self.y + away[:, 0] * sine + away[:, 1] * cosine
        return placed

    def shifted(self, right: float, down: float, grown: float = 1.0) -> "RotatedRoi":
        """The region moved along its own axes by so many of its sides, then grown so many times."""
        sine, cosine = math.sin(self.angle), math.cos(self.angle)
        x = self.x + self.side * (right * cosine - down * sine)
        y = self.y + self.side * (right * sine + down * cosine)
        return RotatedRoi(x, y, self.side * grown, self.angle)

    def iou(self, other: "RotatedRoi") -> float:
        """Intersection over union of the two squares, as if neither were turned."""
        reach = (self.side + other.side) / 2
        shared = [
            max(0.0, min(reach - abs(gap), self.side, other.side)) for gap in (self.x - other.x, self.y - other.y)
        ]
        area = shared[0] * shared[1]
        return area / (self.side**2 + other.side**2 - area)


def rotation(tail: Points, head: Points) -> float:
    """The angle of a region in which the way from one point to the other leads straight up."""
    return math.atan2(float(head[0] - tail[0]), float(tail[1] - head[1]))


def enclosing_square(points: Points, angle: float) -> RotatedRoi:
    """The square around points [n, 2] that is turned by an angle."""
    sine, cosine = math.sin(angle), math.cos(angle)
    turned = points @ np.array([[cosine, -sine], [sine, cosine]], np.float32)
    low, high = turned.min(axis=0), turned.max(axis=0)
    x, y = (float(value) for value in (low + high) / 2)
    return RotatedRoi(x * cosine - y * sine, x * sine + y * cosine, float((high - low).max()), angle)
