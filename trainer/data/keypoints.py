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
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from landmarkers.array_archive import ArrayArchive, ArraysDamaged
from landmarkers.layout import PART_SLICES
from landmarkers.numbers import is_number
from landmarkers.parsing import describe, read_json, read_limited
from landmarkers.plain_text import escape
from landmarkers.take import TAKE_SUFFIX, Extraction, Provenance, StoredTake, Take
from trainer.data.clip import SPLITS, DatasetUnreadable
from trainer.data.clip_content import ClipStatus, sha256_of
from trainer.data.executor import Executor, WorkerLost
from trainer.data.existing_takes import find_leftovers, load_take, take_path
from trainer.data.extract import (
    ExtractionFailed,
    ExtractionReport,
    of_another_data_set,
    prepare_folders,
    set_all_aside,
)
from trainer.data.keypoint_layout import KeypointsUnreadable, to_layout
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
    files: Sequence[KeypointFile],
    to: Path,
    rate: float,
    aspect: float,
    executor: Executor,
    dataset: str,
    passed_over: Sequence[KeypointFile] = (),
) -> ExtractionReport:
    """Create the missing takes of some files; `rate` is in frames per second, `aspect` is height over width.

    Takes of clips that changed are made anew, those of clips that are gone are set aside. `dataset` identifies the data
    set, and `passed_over` are files in it whose takes stay as they are. Raises DatasetUnreadable, ExtractionFailed,
    ExecutorUnavailable.
    """
    _check_settings(to, {"rate": rate, "aspect": aspect})
    prepare_folders({_folder(to, file) for file in files})
    created: list[TakeVisibility] = []
    existing: list[TakeVisibility] = []
    unreadable: list[str] = []
    left_alone = {_folder(to, file) for file in passed_over}
    function: Callable[[KeypointFile], _ImportResult | ExtractionFailed | OSError] = partial(
        _import, to=to, rate=rate, aspect=aspect, dataset=dataset
    )
    for file, result in tqdm(executor.run(function, files), total=len(files), desc="import", unit="file"):
        if isinstance(result, WorkerLost):
            unreadable.append(f"{escape(str(file.path))} {result}")
            left_alone.add(_folder(to, file))
        elif isinstance(result, ExtractionFailed):
            raise result
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
    gone = find_leftovers(to, dataset, {take_path(to, take.clip) for take in takes}, (), ()).gone
    notes = set_all_aside([path for path in gone if path.parent not in left_alone])
    return ExtractionReport(len(created), len(existing), tuple(sorted(unreadable)), tuple(takes), notes=notes)


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


def _import(
    file: KeypointFile, *, to: Path, rate: float, aspect: float, dataset: str
) -> _ImportResult | ExtractionFailed | OSError:
    """Create the missing takes of one file."""
    created: list[TakeVisibility] = []
    existing: list[TakeVisibility] = []
    unreadable: list[str] = []
    try:
        status, sha256 = ClipStatus.of(file.path), sha256_of(file.path)
        extraction = Extraction(dataset, tuple(PART_SLICES), status.size, status.modified_ns, sha256)
        with file.path.open("rb") as opened:
            clips = ArrayArchive(opened, _MAX_FILE_BYTES)
            for name in clips.names:
                if Path(name).name != name:  # the take would be written outside the folder
                    unreadable.append(f"{file.path}: {name!r} is not a valid clip name")
                    continue
                path = _folder(to, file) / f"{name}{TAKE_SUFFIX}"
                before = load_take(path)
                if before is not None and _is_right(before, path, extraction):
                    existing.append(TakeVisibility.of(before))
                    continue
                try:
                    take = _make_take(clips.read(name, "fiub"), name, file, rate, aspect)
                except (KeypointsUnreadable, ValueError) as error:
                    unreadable.append(f"{file.path}: {name}: {error}")
                    continue
                stored = replace(take, provenance=replace(take.provenance, extraction=extraction)).stored()
                is_same = before is not None and before.has_landmarks_of(stored)
                known = None if before is None else before.provenance.extraction
                if known is not None and known.dataset != dataset and not is_same:
                    return of_another_data_set(path)
                stored.save(path)
                (existing if is_same else created).append(TakeVisibility.of(stored))
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


def _is_right(take: StoredTake, path: Path, extraction: Extraction) -> bool:
    """Return whether a take is of a file's present content; one that does not know may not be older than the file."""
    known = take.provenance.extraction
    if known is None:
        is_of_content = path.stat().st_mtime_ns >= extraction.clip_modified_ns
    else:
        is_of_content = known.clip_sha256 == extraction.clip_sha256
    return is_of_content and take.provenance.landmarker == FINGERPRINT


def _folder(to: Path, file: KeypointFile) -> Path:
    return to / file.signer / file.signer / file.split / f"{file.sign_id:04}"
