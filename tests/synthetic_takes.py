"""Synthetic takes of a signer with a chosen handshape."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from landmarkers.layout import LEFT_SHOULDER, LEFT_WRIST, PART_SLICES, POINT_COUNT, RIGHT_SHOULDER, RIGHT_WRIST, Part
from landmarkers.take import Provenance, Take
from models.labels import Sign, labels_json

LANDMARKER = "synthetic"
_SHOULDERS = {LEFT_SHOULDER: (0.68, 0.5), RIGHT_SHOULDER: (0.32, 0.5)}  # the signer's left is the image's right


def make_take(
    shape: int = 0,
    *,
    left_handed: bool = False,
    times: Sequence[float] | NDArray[np.float64] | None = None,
    seed: int = 0,
    provenance: Provenance | None = None,
) -> Take:
    """One second of one hand that moves upwards in one of many handshapes; the other hand is out of view."""
    seconds = np.linspace(0.0, 1.0, 24) if times is None else np.asarray(times, np.float64)
    progress = (seconds - seconds[0]) / max(seconds[-1] - seconds[0], 1e-9)
    points = np.full((len(seconds), POINT_COUNT, 3), np.nan, np.float32)
    pose = np.zeros((len(seconds), 33, 3), np.float32) + np.array([0.5, 0.3, 0.0], np.float32)
    for index, position in _SHOULDERS.items():
        pose[:, index, :2] = position
    wrist = np.stack([0.4 + 0.1 * progress, 0.7 - 0.3 * progress, np.zeros_like(progress)], -1)
    pose[:, RIGHT_WRIST], pose[:, LEFT_WRIST] = wrist, (0.7, 1.0, 0.0)
    fingers = np.random.default_rng(shape).normal(0.0, 0.06, (21, 3))
    fingers[0] = 0.0
    noise = np.random.default_rng(seed + 1000).normal(0.0, 0.002, (len(seconds), 21, 3))
    points[:, PART_SLICES[Part.POSE]] = pose
    points[:, PART_SLICES[Part.RIGHT_HAND]] = wrist[:, None] + fingers + noise
    take = Take(points, seconds, provenance or Provenance("synthetic", LANDMARKER, "01", "train", shape + 1))
    return mirror(take) if left_handed else take


def write_takes(folder: Path, landmarker: str = LANDMARKER) -> None:
    """Write takes of four synthetic signs with a labels file, as extraction writes them."""
    words = [Sign(sign_id=1 + shape, word=f"كلمة{shape}", word_en=f"word {shape}") for shape in range(4)]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "labels.json").write_bytes(labels_json(tuple(words)))
    for shape in range(4):
        for number in range(8):
            split = "test" if number == 7 else "train"
            signer = "02" if number % 2 else "01"
            origin = Provenance(f"{signer}/{split}/{shape}/{number}", landmarker, signer, split, 1 + shape)
            take = make_take(shape, left_handed=number % 3 == 0, seed=number, provenance=origin)
            take.save(folder / f"{shape}-{number}.take.npz")


def mirror(take: Take) -> Take:
    """Mirror a take: exchange left and right."""
    swapped = take.points.copy()
    swapped[..., 0] = 1.0 - swapped[..., 0]
    left, right = PART_SLICES[Part.LEFT_HAND], PART_SLICES[Part.RIGHT_HAND]
    swapped[:, left], swapped[:, right] = swapped[:, right].copy(), swapped[:, left].copy()
    pose = swapped[:, PART_SLICES[Part.POSE]]
    # Pose points 1-10 are the face's, in threes and pairs; from 11 on odd indices are left and even ones right.
    order = [0, 4, 5, 6, 1, 2, 3, 8, 7, 10, 9, *(n + 1 if n % 2 else n - 1 for n in range(11, 33))]
    swapped[:, PART_SLICES[Part.POSE]] = pose[:, order]
    return Take(swapped, take.times, take.provenance)
