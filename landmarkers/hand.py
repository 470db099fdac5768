"""The landmarks of one hand, by MediaPipe's hand landmark network.

Zhang et al., MediaPipe Hands: On-device Real-time Hand Tracking, 2020.
"""

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from landmarkers.frame import Image, Points, shoulder_width
from landmarkers.layout import SHOULDER_WIDTHS_OF_HAND, Part
from landmarkers.litert import TfliteNetwork
from landmarkers.picture import Picture
from landmarkers.roi import RotatedRoi, enclosing_square, rotation

# The points that define the next region: wrist, the thumb's base, and the two lower joints of each finger.
_PALM: Final = (0, 1, 2, 3, 5, 6, 9, 10, 13, 14, 17, 18)
_WRIST, _INDEX, _MIDDLE, _RING = 0, 5, 9, 13
_DEPTH_SCALE: Final = np.array([1.0, 1.0, 1 / 0.4], np.float32)  # `normalize_z` of MediaPipe's graph
_HALF: Final = np.float32(0.5)
# MediaPipe uses 0.5 for the float network; the int8 network is a little less confident about blurred hands.
_MIN_PRESENCE: Final = 0.35
_MIN_PRESENCE_POOR: Final = 0.02  # in a poor picture, of a hand that is searched for where it should be
_MAX_DRIFT: Final = 0.15  # a hand further from its region's centre, in sides of the region, is detected once more
_POSE_HAND: Final = {Part.LEFT_HAND: (15, 17, 19), Part.RIGHT_HAND: (16, 18, 20)}
_DUPLICATE_DISTANCE: Final = 0.15  # two hands whose points are nearer than this, in sides of the region, are one


@dataclass(frozen=True, slots=True, eq=False)
class Hand:
    """The landmarks of one hand: points [21, 3] in pixels, and the probabilities of a hand and of a right hand."""

    points: Points
    presence: float
    right_hand_probability: float

    @property
    def is_doubtful(self) -> bool:
        """True if the network would not have been sure enough of this hand in a good picture."""
        return self.presence < _MIN_PRESENCE

    @property
    def next_roi(self) -> RotatedRoi:
        """The region to search for this hand in the next frame."""
        fingers = (self.points[_INDEX, :2] + self.points[_RING, :2]) * _HALF
        angle = rotation(self.points[_WRIST], (fingers + self.points[_MIDDLE, :2]) * _HALF)
        return enclosing_square(self.points[list(_PALM), :2], angle).shifted(0.0, -0.1, scale=2.0)


class HandNetwork:
    """Detects the landmarks of a hand within a region of interest."""

    def __init__(self, content: bytes) -> None:
        self.network = TfliteNetwork(content, ("Identity", "Identity_1", "Identity_2"))

    def detect(self, image: Image, roi: RotatedRoi, min_presence: float = _MIN_PRESENCE) -> Hand | None:
        """Return the hand in the region, or None when the network sees none."""
        size = self.network.input_size
        crop = roi.crop(image, size, cv2.BORDER_REPLICATE)
        points, presence, right_hand_probability = self.network.run(crop * np.float32(1 / 255))
        if presence[0] < min_presence:
            return None
        in_image = roi.to_image(points.reshape(21, 3) / np.float32(size) * _DEPTH_SCALE)
        return Hand(in_image, float(presence[0]), float(right_hand_probability[0]))


def track(network: HandNetwork, picture: Picture, roi: RotatedRoi) -> Hand | None:
    """Detect the hand in the region, where it should be, and once more in its new region if it has moved far.

    The network doubts hands in poor pictures, so one that it doubts there is detected once more as well.
    """
    hand = network.detect(picture.image, roi, 0.0 if picture.is_poor else _MIN_PRESENCE)
    if hand is None:
        return None
    min_presence = _MIN_PRESENCE_POOR if picture.is_poor else _MIN_PRESENCE
    has_moved = math.hypot(hand.next_roi.x - roi.x, hand.next_roi.y - roi.y) > _MAX_DRIFT * roi.side
    is_sure = hand.presence >= min_presence
    if is_sure and not has_moved:
        return hand
    return network.detect(picture.image, hand.next_roi, min_presence) or (hand if is_sure else None)


def roi_from_palm(box: Points, keypoints: Points) -> RotatedRoi:
    """Return the region of a hand from a detected palm: its box (x, y, width, height) and seven points, in pixels."""
    x, y, width, height = (float(value) for value in box)
    angle = rotation(keypoints[0], keypoints[2])
    centre = RotatedRoi(x, y, height, angle).shifted(0.0, -0.5)
    return RotatedRoi(centre.x, centre.y, 2.6 * max(width, height), angle)


def roi_from_wrist(body: Points, part: Part) -> RotatedRoi:
    """Return the region of a hand of a body [33, 3], in pixels.

    The pose has the wrist and the knuckles of little finger and index. The hand's region is centred on the knuckles.
    """
    wrist, little, index = body[list(_POSE_HAND[part]), :2]
    knuckles = (little + index) * _HALF
    side = SHOULDER_WIDTHS_OF_HAND * shoulder_width(body)
    return RotatedRoi(float(knuckles[0]), float(knuckles[1]), side, rotation(wrist, knuckles))


def deduplicate(hands: list[Hand]) -> list[Hand]:
    """Drop the hand of lower presence if two are the same, since two regions may converge on one hand."""
    if len(hands) < 2:
        return hands
    best, other = sorted(hands, key=lambda hand: -hand.presence)
    distance = float(np.linalg.norm(best.points[:, :2] - other.points[:, :2], axis=1).mean())
    return hands if distance >= _DUPLICATE_DISTANCE * best.next_roi.side else [best]
