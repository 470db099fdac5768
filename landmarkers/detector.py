"""MediaPipe's single-shot detectors, which find palms and bodies in a whole image.

Each network answers for a fixed grid of anchors over the image: the score of an object at the anchor, and its box and
keypoints relative to the anchor.
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

_MIN_SCORE: Final = 0.5
_NMS_IOU: Final = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class Detection:
    """A detected object: its box (x, y of the centre, width, height) and keypoints [n, 2], in pixels; score 0 to 1."""

    box: Points
    keypoints: Points
    score: float


class Detector:
    """Runs one detector network and decodes its output."""

    def __init__(self, content: bytes, strides: Sequence[int], input_min: float) -> None:
        """Load the network; `input_min` is the value of black in its input, 0 or -1, where white is 1."""
        self.network = TfliteNetwork(content, ("Identity", "Identity_1"))
        self._anchors = _anchors(self.network.input_size, strides)
        self._input_min = input_min

    def detect(self, image: Image, max_detections: int) -> list[Detection]:
        """Return the objects in the image, highest score first."""
        size = self.network.input_size
        whole = RotatedRoi.whole(image)
        # The border is black, as in the graph.
        small = whole.crop(image, size, cv2.BORDER_CONSTANT)
        values, logits = self.network.run(small * np.float32((1 - self._input_min) / 255) + np.float32(self._input_min))
        scores: Points = np.float32(1) / (np.float32(1) + np.exp(-np.clip(logits[:, 0], -80, 80)))
        found = np.flatnonzero(scores >= _MIN_SCORE)
        pairs = values[found].reshape(len(found), values.shape[1] // 2, 2) / np.float32(size)
        # Everything but width and height, the second pair, is relative to the anchor.
        pairs[:, np.arange(pairs.shape[1]) != 1] += self._anchors[found, None]
        detections = []
        for group in _overlapping_groups(pairs[:, :2], scores[found])[:max_detections]:
            # Weighted non-maximum suppression: overlapping boxes are averaged, each weighted by its score.
            mean = np.average(pairs[group], axis=0, weights=scores[found][group]).astype(np.float32)
            in_image = whole.to_image(mean)
            box = np.concatenate([in_image[0], mean[1] * np.float32(whole.side)])
            detections.append(Detection(box, in_image[2:], float(scores[found][group[0]])))
        return detections


def _anchors(size: int, strides: Sequence[int]) -> Points:
    """Return the centres [n, 2] of all anchors, 0 to 1.

    Each cell of each layer has two anchors; layers of one stride are interleaved.
    """
    layers = []
    for stride in sorted(set(strides)):
        cells = size // stride
        centres = (np.stack(np.meshgrid(np.arange(cells), np.arange(cells)), axis=-1) + 0.5) / cells
        layers.append(np.repeat(centres.reshape(-1, 2), 2 * strides.count(stride), axis=0))
    return np.concatenate(layers).astype(np.float32)


def _overlapping_groups(boxes: Points, scores: Points) -> list[list[int]]:
    """Group boxes [n, 2, 2] of the same object; each group starts with its highest score, the best group first."""
    remaining = list(np.argsort(-scores))
    groups = []
    while remaining:
        ious = _iou(boxes[remaining[0]], boxes[remaining])
        groups.append([index for index, iou in zip(remaining, ious, strict=True) if iou > _NMS_IOU])
        remaining = [index for index, iou in zip(remaining, ious, strict=True) if iou <= _NMS_IOU]
    return groups


def _iou(box: Points, boxes: Points) -> Points:
    """Return the intersection over union of a box [2, 2] (centre, size) with each of the boxes [n, 2, 2]."""
    low = np.maximum(box[0] - box[1] / 2, boxes[:, 0] - boxes[:, 1] / 2)
    high = np.minimum(box[0] + box[1] / 2, boxes[:, 0] + boxes[:, 1] / 2)
    intersection = np.prod(np.maximum(high - low, 0.0), axis=1)
    iou: Points = intersection / (np.prod(box[1]) + np.prod(boxes[:, 1], axis=1) - intersection)
    return iou
