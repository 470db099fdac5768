"""Key points as the research project that Ishara grew out of publishes them, as takes.

    <root>/<signer>-<train|test>/<sign>.npz     one array a clip, by the clip's name: [frames, 184, 4]

A frame's 184 points are 6 of the pose, 136 of the face (the contours' 128, then both irises), and 21 of each hand, as
x, y, z and visibility; x and y are shares of the picture's width and height, y down. A part that was not found is all
zeros. The frames are those of the clip in order and carry no times.
https://github.com/yousefelkilany/word-level-arabic-sign-language

What is lost on the way: irises and visibilities, for which a take has no place. What the network wants to see and the
files lack, nose, eyes and the mouth's corners in the pose, is taken from the face, where it was found; without a face
the pose counts as unseen.
"""

import json
import re
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

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
from landmarkers.take import TAKE_SUFFIX, Provenance, Take, TakeDamaged
from trainer.data.dataset import SPLITS, DatasetUnreadable
from trainer.data.executor import Executor, WorkerLost
from trainer.data.extract import ExtractionFailed, ExtractionReport, prepare_folders
from trainer.data.visibility import TakeVisibility

# Not what any device finds: MediaPipe's networks on each picture by itself. So a bundle that was trained on these key
# points is refused by every device, as one of any other landmarker is.
FINGERPRINT: Final = "key-points-184-image"
DEVICE_WARNING: Final = (
    "these key points are not what a device finds, so devices refuse a bundle that is trained on them; for one that "
    "they take, make takes of the clips with `ishara-trainer extract`"
)
_NOTE: Final = "import.json"  # beside the takes: how they were imported

_FRAME: Final = (184, 4)
_POSE: Final = (LEFT_SHOULDER, RIGHT_SHOULDER, LEFT_ELBOW, RIGHT_ELBOW, LEFT_WRIST, RIGHT_WRIST)
# What MediaPipe calls the face's contours (lips, eyes, brows, oval), in the order of their numbers among the 468.
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
# The pose's points of the face, each from two of the face's: left eye, right eye, left and right corner of the mouth.
_FROM_FACE: Final = {2: (362, 263), 5: (33, 133), 9: (291, 291), 10: (61, 61)}
# The nose lies so far from between the eyes to between the corners of the mouth: measured on clips of KArSL.
_NOSE_SHARE: Final = 0.47


class KeypointsUnreadable(UserError):
    """An array that holds no key points; the message says what it holds instead."""


@dataclass(frozen=True, slots=True)
class KeypointFile:
    """The clips of one sign by one signer, and how they were recorded."""

    path: Path
    signer: str
    split: str
    sign_id: int


@dataclass(frozen=True, slots=True)
class _Read:
    """What came of one file: takes made, takes that were there, and the clips that could not be read."""

    made: tuple[TakeVisibility, ...]
    there: tuple[TakeVisibility, ...]
    unreadable: tuple[str, ...]


def find_keypoints(root: Path) -> list[KeypointFile]:
    """All files of key points, ordered by their paths. Raises DatasetUnreadable when there are none."""
    found = []
    for path in sorted(root.glob("*/*.npz")):
        folder = re.fullmatch(rf"(.+)-({'|'.join(SPLITS)})", path.parent.name)
        if folder is not None and path.stem.isdigit():
            found.append(KeypointFile(path, folder[1], folder[2], int(path.stem)))
    if not found:
        raise DatasetUnreadable(f"{root} holds no key points as <signer>-<train|test>/<sign>.npz")
    return found


def import_keypoints(
    files: Sequence[KeypointFile], to: Path, rate: float, aspect: float, engine: Executor
) -> ExtractionReport:
    """Make the takes of these files that are missing; `rate` is in frames a second, `aspect` height over width.

    Raises DatasetUnreadable, ExtractionBroken, EngineUnavailable.
    """
    _note(to, {"rate": rate, "aspect": aspect})
    prepare_folders({_folder(to, file) for file in files})
    made: list[TakeVisibility] = []
    there: list[TakeVisibility] = []
    unreadable: list[str] = []
    work: Callable[[KeypointFile], _Read | OSError] = partial(_import, to=to, rate=rate, aspect=aspect)
    for file, answer in tqdm(engine.run(work, files), total=len(files), desc="import", unit="file"):
        if isinstance(answer, WorkerLost):
            unreadable.append(f"{file.path} ended its worker at each of {answer.attempts} attempts")
        elif isinstance(answer, OSError):
            raise ExtractionFailed(f"the takes of {file.path} cannot be made: {answer}; run again to go on") from answer
        else:
            made += answer.made
            there += answer.there
            unreadable += answer.unreadable
    seen = sorted(made + there, key=lambda take: take.clip)
    return ExtractionReport(len(made), len(there), tuple(sorted(unreadable)), tuple(seen))


def to_layout(keypoints: NDArray[Any], aspect: float) -> Points:
    """Key points [frames, 184, 4] in the 543-point layout, in widths of a picture of this aspect.

    Raises KeypointsUnreadable for what are none.
    """
    if keypoints.ndim != 3 or keypoints.shape[1:] != _FRAME or len(keypoints) == 0:
        raise KeypointsUnreadable(f"it is an array {list(keypoints.shape)}, not of frames of 184 points with 4 values")
    if not np.issubdtype(keypoints.dtype, np.floating):
        raise KeypointsUnreadable(f"its values are {keypoints.dtype}")
    values = keypoints[..., :3].astype(np.float32)
    seen = {name: (values[:, where] != 0.0).any((1, 2)) for name, where in _PARTS.items()}
    if seen["pose"].any() and not values[seen["pose"], 0].any():
        raise KeypointsUnreadable(
            "its parts are laid each about itself (`--adjusted`), so that where the hands are is lost"
        )
    values[..., 1] *= aspect
    points = np.full((len(values), POINT_COUNT, 3), np.nan, np.float32)
    pose, face = points[:, PART_SLICES[Part.POSE]], points[:, PART_SLICES[Part.FACE]]  # views, written through
    pose[:, _POSE] = _where_seen(values[:, _PARTS["pose"]], seen["pose"])
    face[:, _CONTOURS] = _where_seen(values[:, _PARTS["face"]][:, : len(_CONTOURS)], seen["face"])
    _add_head(pose, face, seen["pose"])
    _add_hands(points, values, seen)
    return points


def _note(to: Path, how: dict[str, float]) -> None:
    """Write down how takes are imported, or see that those there were imported so. Raises DatasetUnreadable."""
    path = to / _NOTE
    if path.is_file() and json.loads(path.read_text()) != how:
        raise DatasetUnreadable(
            f"the takes in {to} were imported with another rate or aspect; import into another folder"
        )
    to.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(how))


def _where_seen(part: Points, seen: NDArray[np.bool_]) -> Points:
    return np.where(seen[:, None, None], part, np.float32(np.nan))


def _add_head(pose: Points, face: Points, seen: NDArray[np.bool_]) -> None:
    """Nose, eyes and mouth of the pose from the face, in the picture's plane: depth there is the face's own."""
    for number, (one, other) in _FROM_FACE.items():
        pose[:, number, :2] = (face[:, one, :2] + face[:, other, :2]) / 2
    eyes, mouth = (pose[:, pair, :2].mean(1) for pair in ([2, 5], [9, 10]))
    pose[:, NOSE, :2] = eyes + _NOSE_SHARE * (mouth - eyes)
    pose[~seen] = np.nan


def _add_hands(points: Points, values: Points, seen: dict[str, NDArray[np.bool_]]) -> None:
    """The hands, each on the side on which the pose's wrists have it.

    The files name hands as MediaPipe does, as in a mirrored picture: the one named left is the signer's right.
    """
    sides = (("named right", 0.0), ("named left", 1.0))
    for frame in range(len(values)):
        named = [(values[frame, _PARTS[name]], rightness) for name, rightness in sides if seen[name][frame]]
        hands, rightness = [hand for hand, _ in named], [right for _, right in named]
        for part, number in assign_handedness(hands, rightness, points[frame, PART_SLICES[Part.POSE]]).items():
            points[frame, PART_SLICES[part]] = hands[number]


def _import(file: KeypointFile, *, to: Path, rate: float, aspect: float) -> _Read | OSError:
    """Make the missing takes of one file."""
    made, there, unreadable = [], [], []
    try:
        with np.load(file.path, allow_pickle=False) as clips:
            for name in clips.files:
                if Path(name).name != name:  # it would be written elsewhere
                    unreadable.append(f"{file.path}: {name!r} is no name of a clip")
                    continue
                path = _folder(to, file) / f"{name}{TAKE_SUFFIX}"
                take = _load(path)
                if take is not None:
                    there.append(TakeVisibility.of(take))
                    continue
                try:
                    take = _take(clips[name], name, file, rate, aspect)
                except (KeypointsUnreadable, ValueError, zipfile.BadZipFile, zlib.error) as error:
                    unreadable.append(f"{file.path}: {name}: {error}")
                    continue
                take.save(path)
                made.append(TakeVisibility.of(take))
    except (ValueError, EOFError, zipfile.BadZipFile):
        unreadable.append(f"{file.path} is no whole NPZ file")
    except OSError as error:
        return error
    return _Read(tuple(made), tuple(there), tuple(unreadable))


def _take(keypoints: NDArray[Any], name: str, file: KeypointFile, rate: float, aspect: float) -> Take:
    points = to_layout(keypoints, aspect)
    clip = f"{file.signer}/{file.signer}/{file.split}/{file.sign_id:04}/{name}"  # as `extract` names it
    return Take(
        points, np.arange(len(points)) / rate, Provenance(clip, FINGERPRINT, file.signer, file.split, file.sign_id)
    )


def _load(path: Path) -> Take | None:
    """A take that was imported before; None where there is none, or one of another landmarker."""
    try:
        take = Take.load(path) if path.is_file() else None
    except TakeDamaged:
        return None
    return take if take is not None and take.provenance.landmarker == FINGERPRINT else None


def _folder(to: Path, file: KeypointFile) -> Path:
    return to / file.signer / file.signer / file.split / f"{file.sign_id:04}"
