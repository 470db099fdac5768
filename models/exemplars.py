"""The exemplar takes in a bundle's `exemplars.npz`: up to two takes of each sign, in the int16 steps of take files.

They hold what networks read of a signer: hands, shoulders, arms, and places of the face. The trainer writes the file
and reads the network's weights in it (trainer/training/exemplars.py); a device shows the takes in its dictionary.
"""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from landmarkers.array_archive import ArrayArchive
from landmarkers.layout import PART_SLICES, POINT_COUNT, Part, parts_in_order
from landmarkers.quantisation import dequantise
from landmarkers.take import Provenance, Take
from models.stored_model import StoredModel


class ExemplarMetadata(StoredModel):
    """The description of an exemplar memory, with the provenance of each of its takes."""

    format: Literal[1]
    recipe: dict[str, Any]
    parts: frozenset[Part]
    provenance: tuple[Provenance, ...]


def read_metadata(archive: ArrayArchive) -> ExemplarMetadata:
    """Read the description. Raises ValueError."""
    return ExemplarMetadata.model_validate_json(archive.read_text("metadata"))


def read_takes(archive: ArrayArchive, metadata: ExemplarMetadata, sign_id: int | None = None) -> list[Take]:
    """Read the takes of one sign, or all of them. Raises ValueError."""
    columns = stored_columns(parts_in_order(metadata.parts))
    stored, times, ends = archive.read("points", "i"), archive.read("times", "f"), archive.read("ends", "i")
    if stored.dtype != np.int16 or stored.shape != (times.size, len(columns), 3) or (times.ndim, ends.ndim) != (1, 1):
        raise ValueError(f"points {list(stored.shape)}, times {list(times.shape)}, ends {list(ends.shape)} do not fit")
    starts = [0, *ends.tolist()]
    if sorted(starts) != starts or starts[-1] != len(times) or not np.isfinite(times).all():
        raise ValueError("the times or the ends of the takes are not in order")
    takes = []
    for one, start, stop in zip(metadata.provenance, starts[:-1], starts[1:], strict=True):
        if sign_id is not None and one.sign_id != sign_id:
            continue
        points = np.full((stop - start, POINT_COUNT, 3), np.nan, np.float32)
        points[:, columns] = dequantise(stored[start:stop])
        takes.append(Take(points, times[start:stop].astype(np.float64), one))
    return takes


def stored_columns(parts: Sequence[Part]) -> NDArray[np.int64]:
    """Return the numbers of the points that are stored of these parts."""
    return np.concatenate([np.arange(POINT_COUNT)[PART_SLICES[part]] for part in parts])
