"""The region of interest of a landmark network: a rotated square in which hand or body is upright."""

import math
from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np

from landmarkers.frame import Image, Points


@dataclass(frozen=True, slots=True)
class RotatedRoi:
    """A square: its centre and side in pixels, and its clockwise rotation in radians."""

    x: float
    y: float
    side: float
    angle: float

    @classmethod
    def whole(cls, image: Image) -> Self:
        """Return the upright square around a whole image."""
        height, width = image.shape[:2]
        return cls(width / 2, height / 2, max(height, width), 0.0)

    def crop(self, image: Image, size: int, border: int) -> Image:
        """Return the region as an image [size, size, 3]; `border` is OpenCV's mode for pixels outside the image."""
        scale = self.side / size
        sine, cosine = math.sin(self.angle) * scale, math.cos(self.angle) * scale
        # MediaPipe maps corner to corner and counts pixels by their corners; any other rule agrees less with it.
        centre = size / 2
        matrix = np.array(
            [
                [cosine, -sine, self.x - centre * (cosine - sine)],
                [sine, cosine, self.y - centre * (sine + cosine)],
            ]
        )
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        return cv2.warpAffine(image, matrix, (size, size), flags=flags, borderMode=border).astype(np.uint8, copy=False)

    def to_image(self, points: Points) -> Points:
        """Convert points [n, 2 or 3] of the region, 0 to 1 (depth in its sides), to pixels of the image."""
        sine, cosine = math.sin(self.angle) * self.side, math.cos(self.angle) * self.side
        centred = points[:, :2] - 0.5
        in_image = points * np.float32(self.side)
        in_image[:, 0] = self.x + centred[:, 0] * cosine - centred[:, 1] * sine
        in_image[:, 1] = self.y + centred[:, 0] * sine + centred[:, 1] * cosine
        return in_image

    def shifted(self, right: float, down: float, scale: float = 1.0) -> "RotatedRoi":
        """Return the region shifted along its own axes, in multiples of its side, then scaled."""
        sine, cosine = math.sin(self.angle), math.cos(self.angle)
        x = self.x + self.side * (right * cosine - down * sine)
        y = self.y + self.side * (right * sine + down * cosine)
        return RotatedRoi(x, y, self.side * scale, self.angle)

    def iou(self, other: "RotatedRoi") -> float:
        """Return the intersection over union of the two squares, as if neither were rotated."""
        reach = (self.side + other.side) / 2
        overlap = [
            max(0.0, min(reach - abs(distance), self.side, other.side))
            for distance in (self.x - other.x, self.y - other.y)
        ]
        intersection = overlap[0] * overlap[1]
        return intersection / (self.side**2 + other.side**2 - intersection)


def rotation(tail: Points, head: Points) -> float:
    """Return the angle of a region in which the vector from tail to head points straight up."""
    return math.atan2(float(head[0] - tail[0]), float(tail[1] - head[1]))


def enclosing_square(points: Points, angle: float) -> RotatedRoi:
    """Return the square of this rotation that encloses points [n, 2]."""
    sine, cosine = math.sin(angle), math.cos(angle)
    rotated = points @ np.array([[cosine, -sine], [sine, cosine]], np.float32)
    low, high = rotated.min(axis=0), rotated.max(axis=0)
    x, y = (float(value) for value in (low + high) / 2)
    return RotatedRoi(x * cosine - y * sine, x * sine + y * cosine, float((high - low).max()), angle)
