"""The points of one body, by MediaPipe's pose landmark network, and where to look for it in the next frame.

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
_HIPS, _REACH = 33, 34  # two more points: the middle of the hips, and one as far from it as the body reaches
_SURE: Final = 0.5
_WINDOW: Final = 7  # cells of the heatmap, `kernel_size` of MediaPipe's graph


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """A body: points [33, 3] in pixels, and where to look for it in the next frame."""

    points: Points
    next_roi: RotatedRoi


class BodyNetwork:
    """Finds a body's points within a region."""

    def __init__(self, content: bytes) -> None:
        self.network = TfliteNetwork(content, ("Identity", "Identity_1", "Identity_3"))

    def detect(self, picture: Image, region: RotatedRoi) -> Body | None:
        """The body in the region, None when there seems to be none."""
        size = self.network.input_size
        cut = region.crop(picture, size, cv2.BORDER_REPLICATE)
        values, presence, heatmap = self.network.run(cut * np.float32(1 / 255))
        if presence[0] < _SURE:
            return None
        # Each point is x, y, z, visibility, presence; they are followed by six for the next frame's region.
        points = values.reshape(-1, 5)[:, :3] / np.float32(size)
        points[:, :2] = refine_with_heatmap(points[:, :2], heatmap)
        placed = region.to_image(points)
        return Body(placed[:_POINTS], roi_from_hips(placed[_HIPS], placed[_REACH]))


def roi_from_hips(hips: Points, reach: Points) -> RotatedRoi:
    """Where to look for a body with this middle of the hips and a point as far from it as the body reaches."""
    radius = math.hypot(*(reach[:2] - hips[:2]))
    return RotatedRoi(float(hips[0]), float(hips[1]), 2.0 * 1.25 * radius, rotation(hips, reach))


def refine_with_heatmap(points: Points, heatmap: Points) -> Points:
    """Points [n, 2] (0 to 1) moved to the middle of what a heatmap [rows, columns, n] (logits) holds around them.

    Where the heatmap is sure of nothing near a point, the point stays. As RefineLandmarksFromHeatmapCalculator of
    MediaPipe does, without which the points lie 0.02 shoulder widths off.
    """
    size = heatmap.shape[0]
    cells = np.floor(points * size).astype(int)
    offsets = np.arange(_WINDOW) - _WINDOW // 2
    rows, columns = cells[:, 1, None] + offsets, cells[:, 0, None] + offsets  # [n, window]
    inside = ((rows >= 0) & (rows < size))[:, :, None] & ((columns >= 0) & (columns < size))[:, None, :]
    numbers = np.arange(len(points))[:, None, None]
    logits = heatmap[rows.clip(0, size - 1)[:, :, None], columns.clip(0, size - 1)[:, None, :], numbers]
    sure = np.where(inside, 1 / (1 + np.exp(-logits)), 0.0)  # [n, window, window]
    total = sure.sum(axis=(1, 2))
    middle = ((cells >= 0) & (cells < size)).all(axis=1)
    moves = middle & (sure.max(axis=(1, 2)) >= _SURE)
    weights = np.where(total > 0, total, 1.0)
    x = (sure.sum(axis=1) * columns).sum(axis=1) / weights / size
    y = (sure.sum(axis=2) * rows).sum(axis=1) / weights / size
    return np.where(moves[:, None], np.stack([x, y], axis=1), points).astype(np.float32)
