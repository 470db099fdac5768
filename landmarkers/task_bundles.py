"""Where the landmark networks come from.

MediaPipe's current wheel holds no networks, but an older one on the package index does (Apache-2.0).
`assemble` takes the networks out of that wheel and packs them into the `.task` bundles (uncompressed
zips) that MediaPipe's Tasks API opens. Every part is checked by its sha256, before and after, so the
bundles are the same bytes everywhere.
"""

import hashlib
import io
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from landmarkers.errors import UserError
from landmarkers.tflite import TfliteEditor

WHEEL_REQUIREMENT: Final = "mediapipe==0.10.21"
# The networks are the same on every machine, so one wheel's file serves all, whatever runs here.
WHEEL_TAGS: Final = ("--python-version", "3.11", "--platform", "manylinux_2_28_x86_64")
WHEEL_SHA256: Final = "05dc4a9e593655a79558d05d6227d31018c2537a4bd3362b51e230cf22aecfe3"
FOLDER_VARIABLE: Final = "ISHARA_LANDMARKERS_TASKS"

# Made by `ishara-trainer quantise-hand` from the hand network in the wheel, which says how.
HAND_INT8: Final = Path(__file__).parent / "hand_landmark_int8.tflite"


class NetworksUnavailable(UserError):
    """The landmark networks could not be had or are not the expected ones; the message says what to do."""


@dataclass(frozen=True, slots=True)
class NetworkFile:
    """One TFLite network: where it lies in the wheel, its sha256, and its name in the task bundle.

    A source that is a path lies beside this program instead.
    """

    source: str | Path
    sha256: str
    name: str
    # Mean and standard deviation of the input pixels, where MediaPipe wants them written into the file.
    normalisation: tuple[float, float] | None = None
    # The outputs to keep, where what leads to no other is cut off: a mask of the body costs a third of the time.
    outputs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TaskBundle:
    """One `.task` bundle: the sha256 of the whole and the networks inside."""

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

TASK_BUNDLES: Final[dict[str, TaskBundle]] = {
    # What landmarkers/tracking.py runs; the others are MediaPipe's own layout.
    "landmarks.task": TaskBundle(
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
    """Where the task bundles lie: beside this file, or where ISHARA_LANDMARKERS_TASKS says."""
    named = os.environ.get(FOLDER_VARIABLE)
    return Path(named) if named else Path(__file__).parent / "tasks"


def missing_tasks(folder: Path, names: Iterable[str] = tuple(TASK_BUNDLES)) -> list[str]:
    """The bundles of these names that are absent from the folder or are not the expected bytes."""
    return [
        name
        for name in names
        if not (folder / name).is_file() or _sha256((folder / name).read_bytes()) != TASK_BUNDLES[name].sha256
    ]


def download_wheel(folder: Path) -> Path:
    """Download the wheel that holds the networks into a folder, through pip and so from pip's own index."""
    tags = ("--no-deps", "--only-binary=:all:", *WHEEL_TAGS)
    command = [sys.executable, "-m", "pip", "download", "--quiet", *tags, "-d", str(folder), WHEEL_REQUIREMENT]
    outcome = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = list(folder.glob("*.whl"))
    if outcome.returncode != 0 or len(wheels) != 1:
        reason = (outcome.stderr.strip().splitlines() or ["pip gave no reason"])[-1]
        raise NetworksUnavailable(
            f"the wheel {WHEEL_REQUIREMENT} with the landmark networks could not be downloaded ({reason}); "
            "on a machine without network give it with --from FILE"
        )
    return wheels[0]


def build_tasks(wheel: Path, folder: Path) -> list[Path]:
    """Write the task bundles from the wheel into the folder; all of them or, on any error, none.

    Raises NetworksUnavailable when the wheel is not the expected one, whole and unchanged.
    """
    if not wheel.is_file():
        raise NetworksUnavailable(f"there is no file {wheel}")
    if _sha256(wheel.read_bytes()) != WHEEL_SHA256:
        raise NetworksUnavailable(f"{wheel} is not the whole, unchanged wheel {WHEEL_REQUIREMENT}; download it again")
    editor = TfliteEditor(wheel)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".half-made-") as half_made, zipfile.ZipFile(wheel) as source:
        for name, task in TASK_BUNDLES.items():
            content = _pack(task, source, editor)
            if _sha256(content) != task.sha256:
                raise NetworksUnavailable(
                    f"{name} came out with other bytes than expected ({_sha256(content)}); is flatbuffers "
                    "at the version that constraints.txt pins?"
                )
            (Path(half_made) / name).write_bytes(content)
        return [(Path(half_made) / name).replace(folder / name) for name in TASK_BUNDLES]


def ensure_tasks(folder: Path, wheel: Path | None = None) -> bool:
    """See that the task bundles lie in the folder; returns whether they had to be made."""
    if not missing_tasks(folder):
        return False
    if wheel is not None:
        build_tasks(wheel, folder)
    else:
        with tempfile.TemporaryDirectory(prefix="ishara-") as download:
            build_tasks(download_wheel(Path(download)), folder)
    return True


def tasks_fingerprint(names: tuple[str, ...]) -> str:
    """One short name for a set of task bundles, from their sha256."""
    return _sha256("".join(TASK_BUNDLES[name].sha256 for name in sorted(names)).encode())[:12]


def read_task(folder: Path, name: str) -> dict[str, bytes]:
    """The networks in a task bundle, by name. Raises NetworksUnavailable."""
    require_tasks(folder, (name,))
    with zipfile.ZipFile(folder / name) as task:
        return {network: task.read(network) for network in task.namelist()}


def require_tasks(folder: Path, names: tuple[str, ...]) -> None:
    """See that these bundles are there, whole and unchanged. Raises NetworksUnavailable."""
    absent = missing_tasks(folder, names)
    if absent:
        raise NetworksUnavailable(
            f"{', '.join(absent)} is missing or damaged in {folder}; run `ishara-landmarkers` to make it"
        )


def _pack(task: TaskBundle, source: zipfile.ZipFile, editor: TfliteEditor) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as bundle:
        for network in task.networks:
            here = isinstance(network.source, Path)
            content = Path(network.source).read_bytes() if here else source.read(str(network.source))
            if _sha256(content) != network.sha256:
                raise NetworksUnavailable(f"{network.source} is not the expected network")
            if network.normalisation is not None:
                content = editor.add_metadata(content, network.normalisation)
            if network.outputs:
                content = editor.prune_outputs(content, network.outputs)
            # A ZipInfo without a date is dated 1980, so the bytes do not depend on when this runs.
            bundle.writestr(zipfile.ZipInfo(network.name), content)
    return buffer.getvalue()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
