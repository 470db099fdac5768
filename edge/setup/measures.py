"""Measures in one picture what decides whether a signer can be read: distance, place, tilt and light."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from edge.monitoring.visibility import STRIDE, chest_middle, seen_shoulder_width, sharpness, square_around
from edge.setup.motion import MovedArea
from landmarkers.frame import Image, Landmarks, Points, shoulder_width
from landmarkers.layout import LEFT_SHOULDER, NOSE, RIGHT_SHOULDER, Part

_LEFT_HIP: Final = 23
_RIGHT_HIP: Final = 24
_HEAD_ABOVE_NOSE: Final = 0.55  # shoulder widths from the nose to the top of the head
_HANDS_BELOW_SHOULDERS: Final = 1.15  # shoulder widths from the shoulders to hands that no longer sign
_AROUND: Final = 2.0  # shoulder widths each way of the square that lies behind head and chest
_FACE: Final = 0.3  # shoulder widths each way of the square that lies within the head, and within the chest
_TORSO: Final = (0.7, 2.0)  # shoulder widths from the shoulders to the hips; of real bodies they are 1.0 to 1.7


@dataclass(frozen=True, slots=True)
class Measures:
    """The measures of one picture; None without a signer. Lengths are shares of the picture's width or height."""

    width_px: int
    aspect: float
    """The picture's height by its width."""
    brightness: float | None
    """Mean of the pixels of head and chest, or of the picture without a signer; None of a take without pictures."""
    behind: float | None = None
    """Mean of the pixels around head and chest."""
    front: float | None = None
    """Mean of the pixels of the face or of the chest, whichever is brighter: unlike `brightness`, it has none of what
    is behind the signer, and dark clothes do not make it dark."""
    sharpness: float | None = None
    shoulders: float | None = None
    """Of the width. That of a signer who is seen from the side is estimated."""
    turned: float | None = None
    """Seen width of the shoulders by the one that they have, 1 from the front."""
    head_room: float | None = None
    """Of the height, above the head."""
    hand_room: float | None = None
    """Of the height, below hands that are lowered from a sign."""
    aside: float | None = None
    """Of the width, from the middle to that of the shoulders; positive in the picture's right half."""
    tilt_degrees: float | None = None
    """Slope of shoulders and hips; positive if the picture is turned clockwise."""
    moved: MovedArea | None = None
    """The area in which something moved in a picture without a signer."""


def measure(image: Image, landmarks: Landmarks) -> Measures:
    """Return the measures of a picture, RGB [rows, columns, 3]; a take's has none."""
    height, width = image.shape[:2]
    if not width or not height:
        return Measures(0, 1.0, None)
    pose = landmarks.part(Part.POSE)
    if not landmarks.is_visible(Part.POSE) or not _is_body(pose):
        return Measures(width, height / width, _mean(image))
    shoulders, middle, aspect = seen_shoulder_width(pose), chest_middle(pose), height / width
    pixels = middle * np.float32(width)
    chest = square_around(image, pixels, shoulders * width)
    across = pose[LEFT_SHOULDER, :2] - pose[RIGHT_SHOULDER, :2]
    tilt = _tilt(pose)
    up = np.array([math.sin(math.radians(tilt)), -math.cos(math.radians(tilt))])
    head, hands = pose[NOSE, :2] + up * _HEAD_ABOVE_NOSE * shoulders, middle - up * _HANDS_BELOW_SHOULDERS * shoulders
    has_pixels = min(chest.shape[:2]) >= STRIDE
    return Measures(
        width,
        aspect,
        _mean(chest),
        _mean_around(image, pixels, shoulders * width),
        _mean_in_front(image, pose * np.float32(width), up, shoulders * width),
        sharpness(chest) if has_pixels else None,
        shoulders,
        float(np.linalg.norm(across)) / max(shoulders, 1e-6),
        float(head[1]) / aspect,
        1.0 - float(hands[1]) / aspect,
        float(middle[0]) - 0.5,
        tilt,
    )


def _is_body(pose: Points) -> bool:
    """Return False for a pose that no body has: the network finds such where a head or half a body is outside."""
    torso = float(np.linalg.norm(pose[[_LEFT_HIP, _RIGHT_HIP], :2].mean(axis=0) - chest_middle(pose)))
    least, most = (length * seen_shoulder_width(pose) for length in _TORSO)
    return least <= torso <= most


def _tilt(pose: Points) -> float:
    """Return the slope of the line between the shoulders and the one between the hips, in degrees.

    Somebody who leans tilts one more than the other. Lines that cross are those of a signer seen from the side.
    """
    lines = [pose[LEFT_SHOULDER, :2] - pose[RIGHT_SHOULDER, :2], pose[_LEFT_HIP, :2] - pose[_RIGHT_HIP, :2]]
    across = lines[0] / max(shoulder_width(pose), 1e-6)
    hips = lines[1] / max(float(np.linalg.norm(lines[1])), 1e-6)
    both = across + hips if np.isfinite(hips).all() and float(across @ hips) > 0.5 else across
    return math.degrees(math.atan2(float(both[1]), float(both[0])))


def _mean(image: Image) -> float | None:
    return float(image[::STRIDE, ::STRIDE].mean()) if min(image.shape[:2]) >= STRIDE else None


def _mean_in_front(image: Image, pose: Points, up: Points, shoulders: float) -> float | None:
    """Return the mean of the face's or of the chest's pixels, whichever are brighter; None if the face is outside.

    `pose` is in pixels.
    """
    middles = pose[NOSE, :2], chest_middle(pose) - up * np.float32(2.0 * _FACE * shoulders)
    face, chest = (_mean(square_around(image, middle, _FACE * shoulders)) for middle in middles)
    return None if face is None else max(face, chest or 0.0)


def _mean_around(image: Image, middle: Points, shoulders: float) -> float | None:
    """Return the mean of the pixels around the signer: of a square without the one of head and chest."""
    large, small = square_around(image, middle, _AROUND * shoulders), square_around(image, middle, shoulders)
    outer, inner = large[::STRIDE, ::STRIDE], small[::STRIDE, ::STRIDE]
    count = outer.size - inner.size
    return (float(outer.sum()) - float(inner.sum())) / count if count > 0 else None
