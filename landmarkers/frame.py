"""One camera frame, and the landmarks detected in it."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from landmarkers.layout import LEFT_SHOULDER, PART_SLICES, POINT_COUNT, RIGHT_SHOULDER, Part

Image = NDArray[np.uint8]
Points = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """An image, RGB uint8 [height, width, 3], and its time in seconds since the stream began."""

    image: Image
    time: float


@dataclass(frozen=True, slots=True, eq=False)
class Landmarks:
    """The landmarks of one frame.

    `points` is float32 [543, 3]: x to the right, y down, z away from the camera, NaN where nothing was detected.
    The unit is the image's width in every direction, so that a circle stays a circle whatever the image's aspect
    ratio (MediaPipe itself divides y by the height, which squeezes wide images).
    `time` is in seconds since the stream began.
    """

    points: Points
    time: float

    def __post_init__(self) -> None:
        if self.points.shape != (POINT_COUNT, 3):
            raise ValueError(f"landmarks need points [{POINT_COUNT}, 3], got {list(self.points.shape)}")

    @classmethod
    def empty(cls, time: float) -> Self:
        """Create the landmarks of a frame in which nobody was detected: all NaN."""
        return cls(np.full((POINT_COUNT, 3), np.nan, np.float32), time)

    def part(self, part: Part) -> Points:
        """Return the points of one part, [n, 3]; all NaN when the part was not detected."""
        return self.points[PART_SLICES[part]]

    def is_visible(self, part: Part) -> bool:
        """Return True if the part was detected in this frame."""
        return not bool(np.isnan(self.part(part)[0, 0]))


def shoulder_width(pose: Points) -> float:
    """Return the distance between the shoulders of a pose [33, 3] in the image plane, in its own unit."""
    return float(np.linalg.norm(pose[LEFT_SHOULDER, :2] - pose[RIGHT_SHOULDER, :2]))
