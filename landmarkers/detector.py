"""Finds palms and bodies in a whole picture: MediaPipe's single-shot detectors, decoded.

Each network answers for a fixed set of anchors, small squares all over the picture, how sure it is that something lies
there, and where its box and key points are, seen from the anchor.
Liu et al., SSD: Single Shot MultiBox Detector, ECCV 2016; Bazarevsky et al., BlazePose, 2020.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from landmarkers.frame import Image, Points
from landmarkers.litert import TfliteNetwork
from landmarkers.roi import RotatedRoi

# Pixels between anchors, layer by layer, as in the graphs of the two detectors.
PALM_STRIDES: Final = (8, 16, 16, 16)
POSE_STRIDES: Final = (8, 16, 32, 32, 32)

_SURE: Final = 0.5
_OVERLAP: Final = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class Detection:
    """Something found: its box (x, y of the middle, width, height) and key points [n, 2], in pixels; score 0 to 1."""

    box: Points
    keypoints: Points
    score: float


class Detector:
    """One detector network."""

    def __init__(self, content: bytes, strides: Sequence[int], input_min: float) -> None:
        """`darkest` is what the network takes for black, 0 or -1, where white is 1."""
        self.network = TfliteNetwork(content, ("Identity", "Identity_1"))
        self._anchors = _anchors(self.network.input_size, strides)
        self._darkest = input_min

    def detect(self, picture: Image, max_detections: int) -> list[Detection]:
        """What is found in the picture, the surest first."""
        size = self.network.input_size
        whole = RotatedRoi.whole(picture)
        # The border is black, as in the graph.
        small = whole.crop(picture, size, cv2.BORDER_CONSTANT)
        values, logits = self.network.run(small * np.float32((1 - self._darkest) / 255) + np.float32(self._darkest))
        scores: Points = np.float32(1) / (np.float32(1) + np.exp(-np.clip(logits[:, 0], -80, 80)))
        found = np.flatnonzero(scores >= _SURE)
        pairs = values[found].reshape(len(found), values.shape[1] // 2, 2) / np.float32(size)
        # Everything but width and height, the second pair, is seen from the anchor.
        pairs[:, np.arange(pairs.shape[1]) != 1] += self._anchors[found, None]
        detections = []
        for group in _overlapping(pairs[:, :2], scores[found])[:max_detections]:
            # Boxes that mean the same thing are averaged, each weighted by its score.
            mean = np.average(pairs[group], axis=0, weights=scores[found][group]).astype(np.float32)
            placed = whole.to_image(mean)
            box = np.concatenate([placed[0], mean[1] * np.float32(whole.side)])
            detections.append(Detection(box, placed[2:], float(scores[found][group[0]])))
        return detections


def _anchors(size: int, strides: Sequence[int]) -> Points:
    """The middles [n, 2] of all anchors, 0 to 1: two for each cell of each layer, layers of one stride interleaved."""
    layers = []
    for stride in sorted(set(strides)):
        cells = size // stride
        middles = (np.stack(np.meshgrid(np.arange(cells), np.arange(cells)), axis=-1) + 0.5) / cells
        layers.append(np.repeat(middles.reshape(-1, 2), 2 * strides.count(stride), axis=0))
    return np.concatenate(layers).astype(np.float32)


def _overlapping(boxes: Points, scores: Points) -> list[list[int]]:
    """Groups of boxes [n, 2, 2] that mean the same thing, each led by its surest, the surest group first."""
    left = list(np.argsort(-scores))
    groups = []
    while left:
        overlap = _overlap(boxes[left[0]], boxes[left])
        groups.append([number for number, share in zip(left, overlap, strict=True) if share > _OVERLAP])
        left = [number for number, share in zip(left, overlap, strict=True) if share <= _OVERLAP]
    return groups


def _overlap(box: Points, boxes: Points) -> Points:
    """Intersection over union of a box [2, 2] (middle, size) with others."""
    low = np.maximum(box[0] - box[1] / 2, boxes[:, 0] - boxes[:, 1] / 2)
    high = np.minimum(box[0] + box[1] / 2, boxes[:, 0] + boxes[:, 1] / 2)
    shared = np.prod(np.maximum(high - low, 0.0), axis=1)
    answer: Points = shared / (np.prod(box[1]) + np.prod(boxes[:, 1], axis=1) - shared)
    return answer
