"""Chooses one person of several to follow.

The largest person is the signer, and of persons of about the same size the one nearest to the middle: somebody at the
edge of the image counts as half as large. The signer is followed as long as the body network sees a body of about their
size in their region; another one is chosen only when it has not for half a second. Hands too far from the signer's
wrists are somebody else's.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from landmarkers.body import Body, roi_from_hips
from landmarkers.detector import Detection
from landmarkers.frame import Points, shoulder_width
from landmarkers.layout import LEFT_WRIST, RIGHT_WRIST
from landmarkers.roi import RotatedRoi

MAX_PERSONS: Final = 4
"""The number of persons in view that are compared."""

_EDGE_WEIGHT: Final = 0.5  # of a person at the left or right edge of the image; 1 in the middle
_SAME_PERSON_IOU: Final = 0.3  # of a detected person's region and the one in which the signer was last
_MAX_WRIST_DISTANCE: Final = 1.5  # shoulder widths between a hand and the nearer wrist of its body
DOUBTFUL_DISTANCE: Final = 0.4
"""The same of a hand that the network doubts."""


def rank_persons(detections: Sequence[Detection], width: int, last: RotatedRoi | None) -> list[RotatedRoi]:
    """Return the regions of the detected persons, the signer first.

    `width` is the image's, in pixels. While the region in which the signer was a moment ago is known as `last`, only
    persons there are returned.
    """

    def weighted_size(region: RotatedRoi) -> float:
        distance = min(1.0, abs(region.x - width / 2) / (width / 2))
        return (1.0 - (1.0 - _EDGE_WEIGHT) * distance) * region.side

    regions = [roi_from_hips(detection.keypoints[0], detection.keypoints[1]) for detection in detections]
    if last is not None:
        return sorted((one for one in regions if one.iou(last) >= _SAME_PERSON_IOU), key=last.iou, reverse=True)
    return sorted(regions, key=weighted_size, reverse=True)


def is_same_person(body: Body, last: Body) -> bool:
    """Return True if a body found in the region of `last`, a moment later, may be the same person's."""
    return body.next_roi.iou(last.next_roi) >= _SAME_PERSON_IOU


def is_near_wrist(point: Points, pose: Points, max_distance: float = _MAX_WRIST_DISTANCE) -> bool:
    """Return True if a hand's wrist may be one of the pose [33, 3], in pixels, or the pose is unknown (NaN)."""
    distances = np.linalg.norm(pose[[LEFT_WRIST, RIGHT_WRIST], :2] - point[:2], axis=1)
    return not float(distances.min()) > max_distance * shoulder_width(pose)
