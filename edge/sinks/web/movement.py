"""The movement of a take, as the live page draws it."""

from typing import Final

import numpy as np

from edge.workers.joints import joints_of
from edge.workers.protocol import Joints
from landmarkers.frame import Landmarks
from landmarkers.layout import LEFT_WRIST, NOSE, PART_SLICES, RIGHT_WRIST, WRIST, Part
from landmarkers.take import Take
from models.strict_model import StrictModel

_EYES: Final = (2, 5)  # of the pose
_HEAD_PER_EYES: Final = 1.25
_HEAD_HEIGHT: Final = 1.2  # of its width
_MARGIN: Final = 0.05


class Movement(StrictModel):
    """The skeleton of one take: the times of its frames in seconds from the first, and the joints of each.

    The joints are in the order of `/api/view`, in sides of the square around everything that is seen in the take. Of
    the pose there are nose, eyes, mouth corners, shoulders, elbows and wrists. `head` is the radius of the head around
    the nose.
    """

    times: tuple[float, ...]
    joints: tuple[Joints, ...]
    head: float


def movement_of(take: Take) -> Movement:
    """Return the movement of a take, with each arm up to its hand where that is seen."""
    points = take.points.copy()
    places = points[..., :2]
    pose = places[:, PART_SLICES[Part.POSE]]
    for part, wrist in ((Part.LEFT_HAND, LEFT_WRIST), (Part.RIGHT_HAND, RIGHT_WRIST)):
        hand = places[:, PART_SLICES[part].start + WRIST]
        pose[:, wrist] = np.where(np.isnan(hand), pose[:, wrist], hand)  # of the two, the hand's network is surer
    eyes = np.linalg.norm(pose[:, _EYES[0]] - pose[:, _EYES[1]], axis=-1)
    head = _HEAD_PER_EYES * float(np.nan_to_num(eyes).max())  # it is narrower only when it turns
    nose, radius = pose[:, NOSE], _HEAD_HEIGHT * head
    seen = np.concatenate([places.reshape(-1, 2), nose - radius, nose + radius])
    seen = seen[~np.isnan(seen).any(axis=1)]
    low, high = (seen.min(axis=0), seen.max(axis=0)) if len(seen) else (np.zeros(2), np.ones(2))
    side = max(float((high - low).max()) * (1 + 2 * _MARGIN), _MARGIN)
    places -= (low + high - side) / 2
    places /= side
    return Movement(
        times=tuple((take.times - take.times[0]).round(3).tolist()),
        joints=tuple(joints_of(Landmarks(frame, 0.0)) for frame in points),
        head=round(head / side, 4),
    )
