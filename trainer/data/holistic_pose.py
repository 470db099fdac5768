"""Turns `.pose` files of MediaPipe Holistic into landmarks, and takes into such files.

The files name their points, so that those that were reduced to a part of the points are read too. x and y are pixels,
z is in widths of the picture, as MediaPipe gives it. The points of the iris and those in metres ("world") are left out.
"""

from pathlib import Path
from typing import Final

import numpy as np

from landmarkers.bones import BODY_BONES, HAND_BONES
from landmarkers.errors import UserError
from landmarkers.frame import Landmarks, Points
from landmarkers.layout import PART_SLICES, POINT_COUNT, Part
from landmarkers.recording import RecordingUnreadable
from landmarkers.take import MAX_FRAMES, Take
from trainer.data.pose_file import Component, PoseFile

# A fingerprint that no device has, since nobody knows which version of MediaPipe made a file, and from which pictures.
FINGERPRINT: Final = "pose-format-holistic"
_HAND: Final = (
    "WRIST",
    *(f"THUMB_{joint}" for joint in ("CMC", "MCP", "IP", "TIP")),
    *(
        f"{finger}_{joint}"
        for finger in ("INDEX_FINGER", "MIDDLE_FINGER", "RING_FINGER", "PINKY")
        for joint in ("MCP", "PIP", "DIP", "TIP")
    ),
)
_POSE: Final = (
    "NOSE",
    *(f"{side}_EYE{place}" for side in ("LEFT", "RIGHT") for place in ("_INNER", "", "_OUTER")),
    "LEFT_EAR",
    "RIGHT_EAR",
    "MOUTH_LEFT",
    "MOUTH_RIGHT",
    *(
        f"{side}_{joint}"
        for joint in (
            *("SHOULDER", "ELBOW", "WRIST", "PINKY", "INDEX", "THUMB"),
            *("HIP", "KNEE", "ANKLE", "HEEL", "FOOT_INDEX"),
        )
        for side in ("LEFT", "RIGHT")
    ),
)
_COMPONENTS: Final = {
    Part.POSE: Component("POSE_LANDMARKS", _POSE, BODY_BONES),
    Part.FACE: Component("FACE_LANDMARKS", [str(number) for number in range(468)]),
    Part.LEFT_HAND: Component("LEFT_HAND_LANDMARKS", _HAND, HAND_BONES),
    Part.RIGHT_HAND: Component("RIGHT_HAND_LANDMARKS", _HAND, HAND_BONES),
}
_MAX_DEPTH: Final = 10.0  # in widths of the picture; what is larger was moved and scaled together with the pixels
_WIDTH: Final = 1000  # pixels of what is written: a take knows no size
_RATE: Final = 30.0  # of a take of one frame


class PoseTooLong(UserError):
    """A take that cannot become a pose file; the message names the clip."""


def read_landmarks(path: Path) -> list[Landmarks]:
    """Read the landmarks of each frame. Raises RecordingUnreadable."""
    pose = PoseFile.load(path)
    if len(pose.values) > MAX_FRAMES:
        raise RecordingUnreadable(f"{path} has more than {MAX_FRAMES:,} frames; cut it into shorter files")
    points = np.full((len(pose.values), POINT_COUNT, 3), np.nan, np.float32)
    start = 0
    for component in pose.components:
        part = next((part for part, known in _COMPONENTS.items() if known.name == component.name), None)
        columns = slice(start, start + len(component.points))
        start = columns.stop
        if part is None:
            continue
        places = {name: place for place, name in enumerate(_COMPONENTS[part].points)}
        known = [(place, places[name]) for place, name in enumerate(component.points) if name in places]
        values = _to_widths(pose.values[:, columns], pose.confidence[:, columns], pose.width)
        points[:, [PART_SLICES[part].start + place for _, place in known]] = values[:, [place for place, _ in known]]
    if np.isnan(points).all():
        names = ", ".join(component.name for component in pose.components[:5])
        raise RecordingUnreadable(f"{path} shows no point of MediaPipe Holistic; its components are {names or 'none'}")
    return [Landmarks(frame, number / pose.rate) for number, frame in enumerate(points)]


def to_pose(take: Take) -> PoseFile:
    """Convert a take to frames of a constant rate, with an empty one wherever it has none. Raises PoseTooLong."""
    gaps = np.diff(take.times)
    steps = np.maximum(np.rint(gaps / np.median(gaps)), 1.0).astype(np.int64) if len(gaps) else gaps.astype(np.int64)
    positions = np.concatenate([[0], np.cumsum(steps)])
    if positions[-1] >= MAX_FRAMES:
        raise PoseTooLong(
            f"the take of {take.provenance.clip} has such pauses that a pose file, whose rate is even, would need more "
            f"than {MAX_FRAMES:,} frames"
        )
    rate = float(positions[-1] / take.duration) if len(gaps) else _RATE
    points = np.full((positions[-1] + 1, POINT_COUNT, 3), np.nan, np.float32)
    points[positions] = take.points
    values = np.concatenate([points[:, PART_SLICES[part]] for part in _COMPONENTS], 1)
    confidence = (~np.isnan(values[..., 0])).astype(np.float32)
    pixels = np.nan_to_num(values) * np.array([_WIDTH, _WIDTH, 1.0], np.float32)
    return PoseFile(list(_COMPONENTS.values()), _WIDTH, _WIDTH, rate, pixels, confidence)


def _to_widths(values: Points, confidence: Points, width: int) -> Points:
    """Return a part's points in widths of the picture, NaN where they were not found."""
    is_found = (confidence[..., None] > 0.0) & np.isfinite(values)
    seen = np.where(is_found, values, np.float32(np.nan))
    points = np.divide(seen, [width, width, 1.0], dtype=np.float32)
    depth = seen[..., 2]
    if depth.size and np.nanmax(np.abs(depth), initial=0.0) > _MAX_DEPTH:
        points[..., 2] = (depth - depth[:, :1]) / width
    return points
