"""The file of a learned head, `.npz`: `metadata` (JSON: format, model, signs), the taught takes, and the cohort."""

import io
import json
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from landmarkers.array_archive import ArrayArchive
from landmarkers.errors import UserError
from landmarkers.parsing import describe
from models.labels import Sign
from models.learned.cohort import Cohort, are_embeddings
from models.learned.head import LearnedHead
from models.stored_model import StoredModel

_MAX_BYTES: Final = 64_000_000
_EMBEDDINGS: Final = "embeddings"
_SIGNS: Final = "sign_ids"


class LearnedDamaged(UserError):
    """A file that is not a whole learned head; learn it again from its takes."""


class _Metadata(StoredModel):
    """The description of a head."""

    format: Literal[1] = 1
    model: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    signs: Annotated[tuple[Sign, ...], Field(min_length=1)]


def write_head(head: LearnedHead) -> bytes:
    """Return the content of the file."""
    metadata = _Metadata(model=head.model, signs=head.signs)
    arrays: dict[str, NDArray[Any]] = {
        "metadata": np.array(json.dumps(metadata.model_dump(mode="json"))),
        _EMBEDDINGS: head.embeddings,
        _SIGNS: head.sign_ids,
        **head.cohort.arrays(),
    }
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def read_head(path: Path) -> LearnedHead:
    """Read a head. Raises LearnedDamaged for anything but a whole one."""
    try:
        with path.open("rb") as file:
            return _read(ArrayArchive(file, _MAX_BYTES))
    except (OSError, ValueError) as error:
        raise LearnedDamaged(f"{path} is not what a device learned: {describe(error)}") from error


def parse_head(content: bytes) -> LearnedHead:
    """Return the head of a file's content. Raises LearnedDamaged for anything but a whole one."""
    try:
        return _read(ArrayArchive(io.BytesIO(content), _MAX_BYTES))
    except (OSError, ValueError) as error:
        raise LearnedDamaged(f"this is not what a device learned: {describe(error)}") from error


def _read(archive: ArrayArchive) -> LearnedHead:
    metadata = _Metadata.model_validate_json(archive.read_text("metadata"))
    cohort = Cohort.read(archive)
    embeddings, sign_ids = archive.read(_EMBEDDINGS, "f").astype(np.float32), archive.read(_SIGNS, "i").astype(np.int64)
    if sign_ids.ndim != 1 or not len(sign_ids) or embeddings.shape != (len(sign_ids), len(cohort.centre) + 1):
        raise ValueError(f"its taught takes {list(embeddings.shape)} do not fit {list(sign_ids.shape)} signs")
    if not are_embeddings(embeddings):
        raise ValueError("its taught takes are out of range")
    if unnamed := {*sign_ids.tolist()} - {sign.sign_id for sign in metadata.signs}:
        raise ValueError(f"its sign {min(unnamed)} has no name")
    return LearnedHead(metadata.model, metadata.signs, cohort, embeddings, sign_ids)
