"""Takes of a person made of a few lines, who signs whatever shape a test wants."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from landmarkers.layout import LEFT_SHOULDER, LEFT_WRIST, PART_SLICES, POINT_COUNT, RIGHT_SHOULDER, RIGHT_WRIST, Part
from landmarkers.take import Provenance, Take

LANDMARKER = "made-up"
_SHOULDERS = {LEFT_SHOULDER: (0.68, 0.5), RIGHT_SHOULDER: (0.32, 0.5)}  # the signer's left is the picture's right


def make_take(
    shape: int = 0,
    *,
    left_handed: bool = False,
    times: Sequence[float] | NDArray[np.float64] | None = None,
    seed: int = 0,
    provenance: Provenance | None = None,
) -> Take:
    """A second of one hand moving upwards in one of many finger shapes, the other hand out of view."""
    clock = np.linspace(0.0, 1.0, 24) if times is None else np.asarray(times, np.float64)
    share = (clock - clock[0]) / max(clock[-1] - clock[0], 1e-9)
    points = np.full((len(clock), POINT_COUNT, 3), np.nan, np.float32)
    pose = np.zeros((len(clock), 33, 3), np.float32) + np.array([0.5, 0.3, 0.0], np.float32)
    for number, place in _SHOULDERS.items():
        pose[:, number, :2] = place
    wrist = np.stack([0.4 + 0.1 * share, 0.7 - 0.3 * share, np.zeros_like(share)], -1)
    pose[:, RIGHT_WRIST], pose[:, LEFT_WRIST] = wrist, (0.7, 1.0, 0.0)
    fingers = np.random.default_rng(shape).normal(0.0, 0.06, (21, 3))
    fingers[0] = 0.0
    noise = np.random.default_rng(seed + 1000).normal(0.0, 0.002, (len(clock), 21, 3))
    points[:, PART_SLICES[Part.POSE]] = pose
    points[:, PART_SLICES[Part.RIGHT_HAND]] = wrist[:, None] + fingers + noise
    take = Take(points, clock, provenance or Provenance("made-up", LANDMARKER, "01", "train", shape + 1))
    return mirror(take) if left_handed else take


def mirror(take: Take) -> Take:
    """What the camera would have seen in a mirror: left and right exchanged."""
    swapped = take.points.copy()
    swapped[..., 0] = 1.0 - swapped[..., 0]
    left, right = PART_SLICES[Part.LEFT_HAND], PART_SLICES[Part.RIGHT_HAND]
    swapped[:, left], swapped[:, right] = swapped[:, right].copy(), swapped[:, left].copy()
    pose = swapped[:, PART_SLICES[Part.POSE]]
    # Pose points 1-10 are the face's, in threes and pairs; from 11 on odd numbers are left and even ones right.
    order = [0, 4, 5, 6, 1, 2, 3, 8, 7, 10, 9, *(n + 1 if n % 2 else n - 1 for n in range(11, 33))]
    swapped[:, PART_SLICES[Part.POSE]] = pose[:, order]
    return Take(swapped, take.times, take.provenance)
