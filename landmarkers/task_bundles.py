"""The landmark networks' task bundles: their content, digests, and how they are opened.

A `.task` bundle is an uncompressed zip of TFLite networks, as MediaPipe's Tasks API opens it. Every bundle is checked
by its sha256 before use. landmarkers/task_builder.py builds them.
"""

import hashlib
import os
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from landmarkers.errors import UserError

FOLDER_VARIABLE: Final = "ISHARA_LANDMARKERS_TASKS"

# Made by `ishara-trainer quantise-hand` from the hand network in the wheel; see trainer/bundle/hand_network.py.
HAND_INT8: Final = Path(__file__).parent / "hand_landmark_int8.tflite"


class NetworksUnavailable(UserError):
    """Landmark networks that are missing or not the expected ones; the message names the remedy."""


@dataclass(frozen=True, slots=True)
class NetworkFile:
    """One TFLite network: its path in the wheel, its sha256, and its name in the task bundle.

    A source that is a `Path` is a file of this program instead.
    """

    source: str | Path
    sha256: str
    name: str
    # Mean and standard deviation of the input pixels, where MediaPipe requires them in the file's metadata.
    normalisation: tuple[float, float] | None = None
    # The outputs to keep; operators that lead to no other output are removed. A segmentation mask of the body costs a
    # third of the time.
    outputs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TaskBundle:
    """One `.task` bundle: the sha256 of the whole file and the networks inside."""

    sha256: str
    networks: tuple[NetworkFile, ...]


_PALM_DETECTOR: Final = NetworkFile(
    "mediapipe/modules/palm_detection/palm_detection_full.tflite",
    "1b14e9422c6ad006cde6581a46c8b90dd573c07ab7f3934b5589e7cea3f89a54",
    "hand_detector.tflite",
)
_HAND: Final = NetworkFile(
    "mediapipe/modules/hand_landmark/hand_landmark_full.tflite",
    "11c272b891e1a99ab034208e23937a8008388cf11ed2a9d776ed3d01d0ba00e3",
    "hand_landmarks_detector.tflite",
)
_POSE_DETECTOR: Final = NetworkFile(
    "mediapipe/modules/pose_detection/pose_detection.tflite",
    "9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c",
    "pose_detector.tflite",
)
_POSE: Final = NetworkFile(
    "mediapipe/modules/pose_landmark/pose_landmark_full.tflite",
    "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
    "pose_landmarks_detector.tflite",
)
_FACE_DETECTOR: Final = NetworkFile(
    "mediapipe/modules/face_detection/face_detection_short_range.tflite",
    "bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8",
    "face_detector.tflite",
)
_FACE: Final = NetworkFile(
    "mediapipe/modules/face_landmark/face_landmark.tflite",
    "1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814",
    "face_landmarks_detector.tflite",
)

LITERT_TASK: Final = "landmarks.task"
"""The networks that landmarkers/tracking.py runs; the other bundles have MediaPipe's own layout."""

TASK_BUNDLES: Final[dict[str, TaskBundle]] = {
    LITERT_TASK: TaskBundle(
        "4a947fb15f54d63191c79059aa19b06949263ad7e9e0634d1739dc8198f4fbb5",
        (
            _PALM_DETECTOR,
            replace(_HAND, source=HAND_INT8, sha256="e818b0c4b66f82400a4fb63944bdb0dba6e56aea6332cd43c6b05288f9a738af"),
            _POSE_DETECTOR,
            replace(_POSE, outputs=("Identity", "Identity_1", "Identity_3")),
            _FACE,
        ),
    ),
    "hand_landmarker.task": TaskBundle(
        "ef3f184fa8d5e6905ea4770282627d6937975119af763054312d05985c059bda", (_PALM_DETECTOR, _HAND)
    ),
    "pose_landmarker.task": TaskBundle(
        "677b1776f818d7f3e5a586aad42de478a4a9ada1691b58d7d0fdebdcefe5ad88",
        (replace(_POSE_DETECTOR, normalisation=(127.5, 127.5)), replace(_POSE, normalisation=(0.0, 255.0))),
    ),
    "face_landmarker.task": TaskBundle(
        "a83f1e0e95a9f10380396a9e397a5e5de2bfb2d322fff6907ccb4bb6d4af231f", (_FACE_DETECTOR, _FACE)
    ),
}


def default_folder() -> Path:
    """Return the folder of the task bundles: ISHARA_LANDMARKERS_TASKS, or `tasks` beside this file."""
    configured = os.environ.get(FOLDER_VARIABLE)
    return Path(configured) if configured else Path(__file__).parent / "tasks"


def has_mediapipe() -> bool:
    """Return True if MediaPipe is installed, which a device does without unless its model was trained with it."""
    return find_spec("mediapipe") is not None


def needed_tasks() -> tuple[str, ...]:
    """Return the names of the bundles that this installation can run: MediaPipe's own only where it is installed."""
    return tuple(TASK_BUNDLES) if has_mediapipe() else (LITERT_TASK,)


def missing_tasks(folder: Path, names: Iterable[str] | None = None) -> list[str]:
    """Return those of the named bundles, or else of the needed ones, that are absent or have another sha256."""
    return [
        name
        for name in (needed_tasks() if names is None else names)
        if not (folder / name).is_file() or sha256_of((folder / name).read_bytes()) != TASK_BUNDLES[name].sha256
    ]


def require_tasks(folder: Path, names: tuple[str, ...]) -> None:
    """Raise NetworksUnavailable unless these bundles are in the folder, whole and unchanged."""
    absent = missing_tasks(folder, names)
    if absent:
        raise NetworksUnavailable(
            f"{', '.join(absent)} is missing or damaged in {folder}; run `ishara-landmarkers` to build it"
        )


def read_task(folder: Path, name: str) -> dict[str, bytes]:
    """Read the networks of a task bundle, by name. Raises NetworksUnavailable."""
    require_tasks(folder, (name,))
    with zipfile.ZipFile(folder / name) as task:
        return {network: task.read(network) for network in task.namelist()}


def tasks_fingerprint(names: tuple[str, ...]) -> str:
    """Return one short digest for a set of task bundles, from their sha256."""
    return sha256_of("".join(TASK_BUNDLES[name].sha256 for name in sorted(names)).encode())[:12]


def sha256_of(content: bytes) -> str:
    """Return the sha256 of some bytes, in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()
