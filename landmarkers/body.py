"""The landmarks of one body, by MediaPipe's pose landmark network.

Bazarevsky et al., BlazePose: On-device Real-time Body Pose Tracking, 2020.
"""

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from landmarkers.frame import Image, Points
from landmarkers.litert import TfliteNetwork
from landmarkers.roi import RotatedRoi, rotation

_POINTS: Final = 33
# Two auxiliary points of the network: the middle of the hips, and a point at the body's full extent from it.
_HIPS, _EXTENT = 33, 34
MIN_CONFIDENCE: Final = 0.5
MIN_CONFIDENCE_POOR: Final = 0.95
"""Of a new body in a poor picture, in which the network takes machines and furniture for people."""
_WINDOW: Final = 7  # cells of the heatmap, `kernel_size` of MediaPipe's graph


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """The landmarks of one body: points [33, 3] in pixels, and the region to search in the next frame."""

    points: Points
    next_roi: RotatedRoi


class BodyNetwork:
    """Detects the landmarks of a body within a region of interest."""

    def __init__(self, content: bytes) -> None:
        self.network = TfliteNetwork(content, ("Identity", "Identity_1", "Identity_3"))

    def detect(self, image: Image, roi: RotatedRoi, min_confidence: float = MIN_CONFIDENCE) -> Body | None:
        """Return the body in the region, or None when the network sees none."""
        size = self.network.input_size
        crop = roi.crop(image, size, cv2.BORDER_REPLICATE)
        values, presence, heatmap = self.network.run(crop * np.float32(1 / 255))
        if presence[0] < min_confidence:
            return None
        # Each point is x, y, z, visibility, presence; the auxiliary points follow the 33 of the body.
        points = values.reshape(-1, 5)[:, :3] / np.float32(size)
        points[:, :2] = refine_with_heatmap(points[:, :2], heatmap)
        in_image = roi.to_image(points)
        return Body(in_image[:_POINTS], roi_from_hips(in_image[_HIPS], in_image[_EXTENT]))


def roi_from_hips(hips: Points, extent: Points) -> RotatedRoi:
    """Return the region of a body from the middle of its hips and a point at its full extent, in pixels."""
    radius = math.hypot(*(extent[:2] - hips[:2]))
    return RotatedRoi(float(hips[0]), float(hips[1]), 2.0 * 1.25 * radius, rotation(hips, extent))


def refine_with_heatmap(points: Points, heatmap: Points) -> Points:
    """Move points [n, 2] (0 to 1) to the centroid of the heatmap [rows, columns, n] (logits) around each of them.

    A point stays where no cell near it reaches the minimum confidence. This is RefineLandmarksFromHeatmapCalculator of
    MediaPipe; without it the points are 0.02 shoulder widths off.
    """
    size = heatmap.shape[0]
    cells = np.floor(points * size).astype(int)
    offsets = np.arange(_WINDOW) - _WINDOW // 2
    rows, columns = cells[:, 1, None] + offsets, cells[:, 0, None] + offsets  # [n, window]
    inside = ((rows >= 0) & (rows < size))[:, :, None] & ((columns >= 0) & (columns < size))[:, None, :]
    indices = np.arange(len(points))[:, None, None]
    logits = heatmap[rows.clip(0, size - 1)[:, :, None], columns.clip(0, size - 1)[:, None, :], indices]
    confidence = np.where(inside, 1 / (1 + np.exp(-logits)), 0.0)  # [n, window, window]
    total = confidence.sum(axis=(1, 2))
    is_inside = ((cells >= 0) & (cells < size)).all(axis=1)
    is_refined = is_inside & (confidence.max(axis=(1, 2)) >= MIN_CONFIDENCE)
    weights = np.where(total > 0, total, 1.0)
    x = (confidence.sum(axis=1) * columns).sum(axis=1) / weights / size
    y = (confidence.sum(axis=2) * rows).sum(axis=1) / weights / size
    return np.where(is_refined[:, None], np.stack([x, y], axis=1), points).astype(np.float32)
