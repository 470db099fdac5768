"""The learned signs of a device as one file: to restore the device, or to teach another one with it.

It is an `.npz`: `metadata` (JSON) and the files of the takes, `take-0` and so on, as bytes. Each take carries its
consent, and is refused without one; where somebody agreed to one device alone, another device refuses the take.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO, Annotated, Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from edge.consent.learning_folder import LearningFolder
from edge.learned.versions import Change, LearnedVersions, Version
from edge.learning.catalogue import NothingLearned
from edge.learning.learner import Learner
from landmarkers.array_archive import ArrayArchive
from landmarkers.consent import Purpose
from landmarkers.errors import UserError
from landmarkers.parsing import describe
from landmarkers.take import StoredTake, TakeDamaged
from landmarkers.text_types import Label
from models.labels import Sign
from models.stored_model import StoredModel

_MAX_TAKES: Final = 10_000
_MAX_BYTES: Final = 1 << 30


class TransferRefused(UserError):
    """A file from which nothing can be learned here; the message says why."""


class _Metadata(StoredModel):
    """The description of the file."""

    format: Literal[1] = 1
    device: Label
    signs: Annotated[tuple[Sign, ...], Field(max_length=_MAX_TAKES)]
    takes: Annotated[int, Field(ge=1, le=_MAX_TAKES)]


@dataclass(frozen=True, slots=True, eq=False)
class LearnedFile:
    """The content of a file: the device that it is of, the signs, and the takes, read one after another."""

    device: str
    signs: tuple[Sign, ...]
    takes: Sequence[StoredTake]


def write_learned(folder: LearningFolder, device: str) -> bytes:
    """Return the current version of a device as the content of a file. Raises NothingLearned, OSError."""
    versions = LearnedVersions(folder.folder)
    version = versions.current()
    if version is None or not (whole := versions.whole(version)):
        raise NothingLearned("this device has learned nothing")
    metadata = _Metadata(device=device, signs=version.signs, takes=len(whole))
    arrays: dict[str, NDArray[Any]] = {"metadata": np.array(metadata.model_dump_json())}
    for number, one in enumerate(whole):
        arrays[f"take-{number}"] = np.frombuffer(versions.path_of(one.take).read_bytes(), np.uint8)
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def read_learned(file: IO[bytes], name: str) -> LearnedFile:
    """Read an open file; errors call it by this name. Raises TransferRefused."""
    try:
        archive = ArrayArchive(file, _MAX_BYTES)
        metadata = _Metadata.model_validate_json(archive.read_text("metadata"))
        takes = [_read_take(archive, f"take-{number}") for number in range(metadata.takes)]
    except (OSError, ValueError, TakeDamaged) as error:
        raise TransferRefused(f"{name} is not what a device has learned: {describe(error)}") from error
    return LearnedFile(metadata.device, metadata.signs, takes)


def import_learned(content: LearnedFile, learner: Learner, device: str) -> Version:
    """Learn from the takes of a file too, as far as their consents allow and they are not there already.

    Raises TransferRefused if nothing is left, and what Learner.learn raises.
    """
    names = {sign.sign_id: sign for sign in (*content.signs, *learner.model_signs)}
    with learner.folder.importing():
        present = {StoredTake.load(take.path).landmarks_sha256 for take in learner.folder.takes()}
        wanted = {
            take.landmarks_sha256: take
            for take in content.takes
            if take.provenance.sign_id in names and _is_allowed(take, content.device == device)
        }
        new = [take for digest, take in wanted.items() if digest not in present]
        if not new:
            raise TransferRefused("the file holds no take that this device may learn from, and has not already")
        return _learn(new, names, learner)


def _learn(takes: Sequence[StoredTake], names: Mapping[int, Sign], learner: Learner) -> Version:
    paths, signs = [], {}
    try:
        for take in takes:
            consent, sign = take.provenance.consent, names[take.provenance.sign_id or 0]
            if consent is not None:
                paths.append(learner.folder.save(take, sign, consent, take.provenance.said))
                signs[sign.sign_id] = sign
        added = [learner.versions.name_of(path) for path in paths]
        return learner.apply(Change("imported", signs=tuple(signs.values()), add=added))
    except (UserError, OSError):
        learner.folder.delete(paths)
        raise


def _is_allowed(take: StoredTake, is_same_device: bool) -> bool:  # noqa: FBT001
    consent = take.provenance.consent
    if consent is None or consent.expires_at <= datetime.now(UTC):
        return False
    return is_same_device or consent.purpose is Purpose.TRAINING


def _read_take(archive: ArrayArchive, name: str) -> StoredTake:
    content = archive.read(name, "u")
    return StoredTake.read(io.BytesIO(content.tobytes()), name)
