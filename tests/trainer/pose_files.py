"""Writes `.pose` files as their specification says, whatever this program can read and write."""

import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

HAND = [
    "WRIST",
    *("THUMB_CMC", "THUMB_MCP", "THUMB_IP", "THUMB_TIP"),
    *("INDEX_FINGER_MCP", "INDEX_FINGER_PIP", "INDEX_FINGER_DIP", "INDEX_FINGER_TIP"),
    *("MIDDLE_FINGER_MCP", "MIDDLE_FINGER_PIP", "MIDDLE_FINGER_DIP", "MIDDLE_FINGER_TIP"),
    *("RING_FINGER_MCP", "RING_FINGER_PIP", "RING_FINGER_DIP", "RING_FINGER_TIP"),
    *("PINKY_MCP", "PINKY_PIP", "PINKY_DIP", "PINKY_TIP"),
]
COMPONENTS = {
    "POSE_LANDMARKS": ["NOSE", "LEFT_SHOULDER", "RIGHT_SHOULDER", "LEFT_WRIST", "RIGHT_WRIST"],
    "FACE_LANDMARKS": ["0", "17", "470"],  # reduced to two points and one of an iris
    "RIGHT_HAND_LANDMARKS": HAND,
    "POSE_WORLD_LANDMARKS": ["NOSE"],
}
POINTS = sum(map(len, COMPONENTS.values()))
SIZE = (500, 250)


def pose_bytes(
    values: NDArray[np.float64],
    confidence: NDArray[np.float64],
    version: float = 0.2,
    rate: float = 25.0,
    components: dict[str, list[str]] = COMPONENTS,
    people: int = 1,
) -> bytes:
    """Return the content of a file with values [frames, points, 3 or 2] and confidence [frames, points]."""
    form = "XYZ"[: values.shape[-1]] + "C"
    content = [struct.pack("<fHHHH", version, *SIZE, 0, len(components))]
    for name, points in components.items():
        content += [text(name), text(form), struct.pack("<HHH", len(points), 1, 1), *map(text, points)]
        content += [struct.pack("<HH", 0, len(points) - 1), struct.pack("<HHH", 255, 0, 0)]
    if version < 0.2:
        content.append(struct.pack("<HHH", round(rate), len(values) % 65536, people))
    else:
        content.append(struct.pack("<fIH", rate, len(values), people))
    content += [values.astype("<f4").tobytes(), confidence.astype("<f4").tobytes()]
    return b"".join(content)


def text(value: str) -> bytes:
    return struct.pack("<H", len(value)) + value.encode()


def moving(frames: int = 4, dimensions: int = 3) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return values in pixels, and confidences of 1, of a person whose points all move to the right."""
    values = np.zeros((frames, POINTS, dimensions))
    values[..., 0] = 100 + np.arange(POINTS) + 10 * np.arange(frames)[:, None]
    values[..., 1] = 50 + np.arange(POINTS)
    values[..., 2:] = -0.125
    return values, np.ones((frames, POINTS))


def write_pose(path: Path, frames: int = 4) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pose_bytes(*moving(frames)))
    return path


def write_poses(root: Path, words: Sequence[str], people: Sequence[str]) -> Path:
    """Write a folder for each word with a file of each person."""
    for word in words:
        for person in people:
            write_pose(root / word / f"{person}_01.pose")
    return root
