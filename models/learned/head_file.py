"""The file of a learned head, `.npz`: `metadata` (JSON: format, model, signs) and the output layers."""

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
from models.learned.head import LearnedHead, OutputLayer
from models.stored_model import StoredModel

_MAX_BYTES: Final = 64_000_000
_NAMES: Final = ("handshape", "motion")


class LearnedDamaged(UserError):
    """A file that is not a whole learned head; learn it again from its takes."""


class _Metadata(StoredModel):
    """The description of a head."""

    format: Literal[1] = 1
    model: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    signs: Annotated[tuple[Sign, ...], Field(min_length=1)]
    learned: frozenset[int]
    temperature: Annotated[float, Field(gt=0.0)]
    rejection: tuple[float, float]


def write_head(head: LearnedHead) -> bytes:
    """Return the content of the file."""
    metadata = _Metadata(
        model=head.model,
        signs=head.signs,
        learned=head.learned,
        temperature=head.temperature,
        rejection=head.rejection,
    )
    arrays: dict[str, NDArray[Any]] = {"metadata": np.array(json.dumps(metadata.model_dump(mode="json")))}
    for name, layer in zip(_NAMES, head.layers, strict=True):
        arrays |= {f"{name}/weight": layer.weight, f"{name}/bias": layer.bias}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def read_head(path: Path) -> LearnedHead:
    """Read a head. Raises LearnedDamaged for anything but a whole one."""
    try:
        with path.open("rb") as file:
            archive = ArrayArchive(file, _MAX_BYTES)
            metadata = _Metadata.model_validate_json(archive.read_text("metadata"))
            handshape, motion = (_read_layer(archive, name, len(metadata.signs) + 1) for name in _NAMES)
    except (OSError, ValueError) as error:
        raise LearnedDamaged(f"{path} is not what a device learned: {describe(error)}") from error
    return LearnedHead(
        metadata.model, metadata.signs, metadata.learned, (handshape, motion), metadata.temperature, metadata.rejection
    )


def _read_layer(archive: ArrayArchive, name: str, classes: int) -> OutputLayer:
    weight, bias = (archive.read(f"{name}/{part}", "f").astype(np.float32) for part in ("weight", "bias"))
    if weight.ndim != 2 or len(weight) != classes or bias.shape != (classes,):
        raise ValueError(f"its {name} layer {list(weight.shape)} does not fit {classes} classes")
    if not (np.isfinite(weight).all() and np.isfinite(bias).all()):
        raise ValueError(f"its {name} layer is not finite")
    return OutputLayer(weight, bias)
