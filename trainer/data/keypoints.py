"""Imports the keypoints that the research project behind Ishara publishes, as takes.

    <root>/<signer>-<train|test>/<sign>.npz     one array per clip, by the clip's name: [frames, 184, 4]

A frame's 184 points are 6 of the pose, 136 of the face (the contours' 128, then both irises), and 21 of each hand, as
x, y, z and visibility; x and y are fractions of the image's width and height, y pointing down. A part that was not
detected is all zeros. The frames are those of the clip in order, without times.
https://github.com/yousefelkilany/word-level-arabic-sign-language

Irises and visibilities are dropped, as takes do not hold them. The model needs points that the files lack: nose, eyes
and the corners of the mouth in the pose. They are computed from the face, where it was detected; without a face they
are missing.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from landmarkers.array_archive import ArrayArchive, ArraysDamaged
from landmarkers.errors import UserError
from landmarkers.frame import Points
from landmarkers.handedness import assign_handedness
from landmarkers.layout import (
    LEFT_ELBOW,
    LEFT_SHOULDER,
    LEFT_WRIST,
    NOSE,
    PART_SLICES,
    POINT_COUNT,
    RIGHT_ELBOW,
    RIGHT_SHOULDER,
    RIGHT_WRIST,
    Part,
)
from landmarkers.parsing import describe, is_number, read_json, read_limited
from landmarkers.plain_text import escape
from landmarkers.take import TAKE_SUFFIX, Provenance, Take, TakeDamaged
from trainer.data.clip import SPLITS, DatasetUnreadable
from trainer.data.executor import Executor, WorkerLost
from trainer.data.extract import ExtractionFailed, ExtractionReport, prepare_folders
from trainer.data.visibility import TakeVisibility
from trainer.targets import write_file

# A fingerprint that no device has: MediaPipe's networks on each image by itself. So every device refuses a bundle that
# was trained on these keypoints, as it refuses one of any other landmarker.
FINGERPRINT: Final = "key-points-184-image"
DEVICE_WARNING: Final = (
    "devices refuse a bundle that is trained on these keypoints, as no device's landmarker produces them; for a bundle "
    "that runs on devices, extract takes from the clips with `ishara-trainer extract`"
)
_IMPORT_SETTINGS: Final = "import.json"  # beside the takes
_MAX_FILE_BYTES: Final = 1 << 33  # of all clips of a sign together

_FRAME: Final = (184, 4)
_POSE: Final = (LEFT_SHOULDER, RIGHT_SHOULDER, LEFT_ELBOW, RIGHT_ELBOW, LEFT_WRIST, RIGHT_WRIST)
# MediaPipe's face contours (lips, eyes, brows, oval), in the order of their indices among the 468 points.
# fmt: off
_CONTOURS: Final = (
    0, 7, 10, 13, 14, 17, 21, 33, 37, 39, 40, 46, 52, 53, 54, 55, 58, 61, 63, 65, 66, 67, 70, 78, 80, 81, 82, 84, 87,
    88, 91, 93, 95, 103, 105, 107, 109, 127, 132, 133, 136, 144, 145, 146, 148, 149, 150, 152, 153, 154, 155, 157, 158,
    159, 160, 161, 162, 163, 172, 173, 176, 178, 181, 185, 191, 234, 246, 249, 251, 263, 267, 269, 270, 276, 282, 283,
    284, 285, 288, 291, 293, 295, 296, 297, 300, 308, 310, 311, 312, 314, 317, 318, 321, 323, 324, 332, 334, 336, 338,
    356, 361, 362, 365, 373, 374, 375, 377, 378, 379, 380, 381, 382, 384, 385, 386, 387, 388, 389, 390, 397, 398, 400,
    402, 405, 409, 415, 454, 466,
)
# fmt: on
_PARTS: Final = {
    "pose": slice(0, 6),
    "face": slice(6, 142),
    "named right": slice(142, 163),
    "named left": slice(163, 184),
}
# The pose's points of the face, each the mean of two face points: left eye, right eye, left and right mouth corner.
_FROM_FACE: Final = {2: (362, 263), 5: (33, 133), 9: (291, 291), 10: (61, 61)}
# Position of the nose between the centre of the eyes (0) and the centre of the mouth (1): measured on clips of KArSL.
_NOSE_POSITION: Final = 0.47


class KeypointsUnreadable(UserError):
    """An array that holds no keypoints; the message describes what it holds instead."""


@dataclass(frozen=True, slots=True)
class KeypointFile:
    """The keypoints of all clips of one sign by one signer in one split."""

    path: Path
    signer: str
    split: str
    sign_id: int


@dataclass(frozen=True, slots=True)
class _ImportResult:
    """The takes created from one file, those that existed, and the unreadable clips."""

    created: tuple[TakeVisibility, ...]
    existing: tuple[TakeVisibility, ...]
    unreadable: tuple[str, ...]


def find_keypoints(root: Path) -> list[KeypointFile]:
    """Return all keypoint files, ordered by their paths. Raises DatasetUnreadable if there are none."""
    found = []
    for path in sorted(root.glob("*/*.npz")):
        folder = re.fullmatch(rf"(.+)-({'|'.join(SPLITS)})", path.parent.name)
        if folder is not None and is_number(path.stem):
            found.append(KeypointFile(path, folder[1], folder[2], int(path.stem)))
    if not found:
        raise DatasetUnreadable(f"{root} holds no keypoints as <signer>-<train|test>/<sign>.npz")
    return found


def import_keypoints(
    files: Sequence[KeypointFile], to: Path, rate: float, aspect: float, executor: Executor
) -> ExtractionReport:
    """Create the missing takes of some files; `rate` is in frames per second, `aspect` is height over width.

    Raises DatasetUnreadable, ExtractionFailed, ExecutorUnavailable.
    """
    _check_settings(to, {"rate": rate, "aspect": aspect})
    prepare_folders({_folder(to, file) for file in files})
    created: list[TakeVisibility] = []
    existing: list[TakeVisibility] = []
    unreadable: list[str] = []
    function: Callable[[KeypointFile], _ImportResult | OSError] = partial(_import, to=to, rate=rate, aspect=aspect)
    for file, result in tqdm(executor.run(function, files), total=len(files), desc="import", unit="file"):
        if isinstance(result, WorkerLost):
            unreadable.append(f"{escape(str(file.path))} {result}")
        elif isinstance(result, OSError):
            raise ExtractionFailed(
                f"the takes of {file.path} cannot be created: {result.strerror or result}; run the command again to "
                "resume"
            ) from result
        else:
            created += result.created
            existing += result.existing
            unreadable += result.unreadable
    takes = sorted(created + existing, key=lambda take: take.clip)
    return ExtractionReport(len(created), len(existing), tuple(sorted(unreadable)), tuple(takes))


def to_layout(keypoints: NDArray[Any], aspect: float) -> Points:
    """Convert keypoints [frames, 184, 4] to the 543-point layout, in widths of an image of this aspect.

    Raises KeypointsUnreadable for arrays that hold no keypoints.
    """
    if keypoints.ndim != 3 or keypoints.shape[1:] != _FRAME or len(keypoints) == 0:
        raise KeypointsUnreadable(f"it is an array {list(keypoints.shape)}, not of frames of 184 points with 4 values")
    if not np.issubdtype(keypoints.dtype, np.floating):
        raise KeypointsUnreadable(f"its values are {keypoints.dtype} instead of floats")
    values = keypoints[..., :3].astype(np.float32)
    detected = {name: (values[:, part] != 0.0).any((1, 2)) for name, part in _PARTS.items()}
    if detected["pose"].any() and not values[detected["pose"], 0].any():
        raise KeypointsUnreadable(
            "its parts are each centred on themselves (`--adjusted`), so the positions of the hands are lost"
        )
    values[..., 1] *= aspect
    points = np.full((len(values), POINT_COUNT, 3), np.nan, np.float32)
    pose, face = points[:, PART_SLICES[Part.POSE]], points[:, PART_SLICES[Part.FACE]]  # views, written through
    pose[:, _POSE] = _nan_if_missing(values[:, _PARTS["pose"]], detected["pose"])
    face[:, _CONTOURS] = _nan_if_missing(values[:, _PARTS["face"]][:, : len(_CONTOURS)], detected["face"])
    _add_head(pose, face, detected["pose"])
    _add_hands(points, values, detected)
    return points


def _check_settings(to: Path, settings: dict[str, float]) -> None:
    """Write the import settings, or compare them with those of existing takes. Raises DatasetUnreadable."""
    path = to / _IMPORT_SETTINGS
    try:
        differs = path.is_file() and read_json(read_limited(path)) != settings
    except (OSError, ValueError) as error:
        raise DatasetUnreadable(f"{path} is damaged ({describe(error)}); import into another folder") from error
    if differs:
        raise DatasetUnreadable(
            f"the takes in {to} were imported with another rate or aspect; import into another folder"
        )
    write_file(path, json.dumps(settings))


def _nan_if_missing(part: Points, detected: NDArray[np.bool_]) -> Points:
    return np.where(detected[:, None, None], part, np.float32(np.nan))


def _add_head(pose: Points, face: Points, detected: NDArray[np.bool_]) -> None:
    """Compute nose, eyes and mouth of the pose from the face, in the image plane: the face has its own depth."""
    for index, (first, second) in _FROM_FACE.items():
        pose[:, index, :2] = (face[:, first, :2] + face[:, second, :2]) / 2
    eyes, mouth = (pose[:, pair, :2].mean(1) for pair in ([2, 5], [9, 10]))
    pose[:, NOSE, :2] = eyes + _NOSE_POSITION * (mouth - eyes)
    pose[~detected] = np.nan


def _add_hands(points: Points, values: Points, detected: dict[str, NDArray[np.bool_]]) -> None:
    """Add the hands, each on the side that its name and the wrists of the pose indicate.

    The files name hands as MediaPipe does, as in a mirrored image: the one named left is the signer's right.
    """
    named = (("named right", 0.0), ("named left", 1.0))
    for frame in range(len(values)):
        candidates = [
            (values[frame, _PARTS[name]], right_probability)
            for name, right_probability in named
            if detected[name][frame]
        ]
        hands, right_probabilities = [hand for hand, _ in candidates], [right for _, right in candidates]
        sides = assign_handedness(hands, right_probabilities, points[frame, PART_SLICES[Part.POSE]])
        for part, index in sides.items():
            points[frame, PART_SLICES[part]] = hands[index]


def _import(file: KeypointFile, *, to: Path, rate: float, aspect: float) -> _ImportResult | OSError:
    """Create the missing takes of one file."""
    created, existing, unreadable = [], [], []
    try:
        with file.path.open("rb") as opened:
            clips = ArrayArchive(opened, _MAX_FILE_BYTES)
            for name in clips.names:
                if Path(name).name != name:  # the take would be written outside the folder
                    unreadable.append(f"{file.path}: {name!r} is not a valid clip name")
                    continue
                path = _folder(to, file) / f"{name}{TAKE_SUFFIX}"
                take = _load_existing(path)
                if take is not None:
                    existing.append(TakeVisibility.of(take))
                    continue
                try:
                    take = _make_take(clips.read(name, "fiub"), name, file, rate, aspect)
                except (KeypointsUnreadable, ValueError) as error:
                    unreadable.append(f"{file.path}: {name}: {error}")
                    continue
                take.save(path)
                created.append(TakeVisibility.of(take))
    except ArraysDamaged:
        unreadable.append(f"{file.path} is not a complete NPZ file")
    except OSError as error:
        return error
    return _ImportResult(tuple(created), tuple(existing), tuple(unreadable))


def _make_take(keypoints: NDArray[Any], name: str, file: KeypointFile, rate: float, aspect: float) -> Take:
    points = to_layout(keypoints, aspect)
    clip = f"{file.signer}/{file.signer}/{file.split}/{file.sign_id:04}/{name}"  # as `extract` names it
    return Take(
        points, np.arange(len(points)) / rate, Provenance(clip, FINGERPRINT, file.signer, file.split, file.sign_id)
    )


def _load_existing(path: Path) -> Take | None:
    """Return a take of an earlier import; None if it is missing or of another landmarker."""
    try:
        take = Take.load(path) if path.is_file() else None
    except TakeDamaged:
        return None
    return take if take is not None and take.provenance.landmarker == FINGERPRINT else None


def _folder(to: Path, file: KeypointFile) -> Path:
    return to / file.signer / file.signer / file.split / f"{file.sign_id:04}"
