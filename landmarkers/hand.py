"""The points of one hand, by MediaPipe's hand landmark network, and where to look for it in the next frame.

Zhang et al., MediaPipe Hands: On-device Real-time Hand Tracking, 2020.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from landmarkers.frame import Image, Points
from landmarkers.layout import LEFT_SHOULDER, RIGHT_SHOULDER, Part
from landmarkers.litert import TfliteNetwork
from landmarkers.roi import RotatedRoi, enclosing_square, rotation

# The points whose box is looked at: wrist, the thumb's base, and the two lower joints of each finger.
_PALM: Final = (0, 1, 2, 3, 5, 6, 9, 10, 13, 14, 17, 18)
_WRIST, _INDEX, _MIDDLE, _RING = 0, 5, 9, 13
_DEPTH_SCALE: Final = np.array([1.0, 1.0, 1 / 0.4], np.float32)  # `normalize_z` of MediaPipe's graph
_HALF: Final = np.float32(0.5)
_SURE: Final = 0.35  # MediaPipe asks for 0.5 of the float network; the int8 one is a little less sure of blurred hands
_POSE_HAND: Final = {Part.LEFT_HAND: (15, 17, 19), Part.RIGHT_HAND: (16, 18, 20)}
_SAME: Final = 0.15  # two hands whose points lie nearer than this, in sides of the region, are one


@dataclass(frozen=True, slots=True, eq=False)
class Hand:
    """A hand: points [21, 3] in pixels, how sure it is that it is one, and that it is a right one (0 to 1)."""

    points: Points
    presence: float
    right_hand_probability: float

    @property
    def next_roi(self) -> RotatedRoi:
        """Where to look for this hand in the next frame."""
        fingers = (self.points[_INDEX, :2] + self.points[_RING, :2]) * _HALF
        angle = rotation(self.points[_WRIST], (fingers + self.points[_MIDDLE, :2]) * _HALF)
        return enclosing_square(self.points[list(_PALM), :2], angle).shifted(0.0, -0.1, grown=2.0)


class HandNetwork:
    """Finds a hand's points within a region."""

    def __init__(self, content: bytes) -> None:
        self.network = TfliteNetwork(content, ("Identity", "Identity_1", "Identity_2"))

    def detect(self, picture: Image, region: RotatedRoi) -> Hand | None:
        """The hand in the region, None when there seems to be none."""
        size = self.network.input_size
        cut = region.crop(picture, size, cv2.BORDER_REPLICATE)
        points, presence, rightness = self.network.run(cut * np.float32(1 / 255))
        if presence[0] < _SURE:
            return None
        placed = region.to_image(points.reshape(21, 3) / np.float32(size) * _DEPTH_SCALE)
        return Hand(placed, float(presence[0]), float(rightness[0]))


def roi_from_palm(box: Points, keypoints: Points) -> RotatedRoi:
    """Where to look for a hand whose palm was detected: its box (x, y, width, height) and seven points, in pixels."""
    x, y, width, height = (float(value) for value in box)
    angle = rotation(keypoints[0], keypoints[2])
    middle = RotatedRoi(x, y, height, angle).shifted(0.0, -0.5)
    return RotatedRoi(middle.x, middle.y, 2.6 * max(width, height), angle)


def roi_from_wrist(body: Points, part: Part) -> RotatedRoi:
    """Where to look for a hand of a body [33, 3], in pixels.

    The pose has the wrist and the knuckles of little finger and index. The hand's region lies about the knuckles; its
    side is 0.9 shoulder widths (0.7 to 1.1 in nine of ten frames), whatever the hand does.
    """
    wrist, little, index = body[list(_POSE_HAND[part]), :2]
    knuckles = (little + index) * _HALF
    shoulders = float(np.linalg.norm(body[LEFT_SHOULDER, :2] - body[RIGHT_SHOULDER, :2]))
    return RotatedRoi(float(knuckles[0]), float(knuckles[1]), 0.9 * shoulders, rotation(wrist, knuckles))


def deduplicate(hands: list[Hand]) -> list[Hand]:
    """The hands, without the less sure one of two that are the same: two regions may have come to follow one hand."""
    if len(hands) < 2:
        return hands
    surer, other = sorted(hands, key=lambda hand: -hand.presence)
    apart = float(np.linalg.norm(surer.points[:, :2] - other.points[:, :2], axis=1).mean())
    return hands if apart >= _SAME * surer.next_roi.side else [surer]
