"""The exemplar memory of a bundle, `exemplars.npz`: what fine-tuning needs beside the bundle's graph.

An int8 graph cannot be trained. So a bundle carries the network's weights (matrices as float16, the others unchanged),
up to two takes of each sign as exemplars (in the int16 steps of take files), and `metadata` (JSON: format, recipe,
parts, and the provenance of the takes). With it a user without the data set can fine-tune a bundle. A device reads the
takes that the dictionary on its page shows (models/exemplars.py), and the directions of their embeddings, with which it
compares the signs that it is taught (models/learned/cohort.py).
"""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from landmarkers.array_archive import ArrayArchive
from landmarkers.frame import Points
from landmarkers.layout import DEFAULT_PARTS, PART_SLICES, Part, parts_in_order
from landmarkers.quantisation import quantise
from landmarkers.take import Provenance, Take
from models.exemplars import read_metadata, read_takes, stored_columns
from models.learned.cohort import Cohort
from trainer.data.store import Row, Store
from trainer.model.features import POSE_POINTS
from trainer.model.network import SignClassifier
from trainer.training.recipe import Recipe
from trainer.training.run import Run

FORMAT: Final = 1
_TAKES_PER_SIGN: Final = 2
_WEIGHT: Final = "weight/"
_MAX_BYTES: Final = 256_000_000
_MAX_FRAMES: Final = 32  # of an exemplar, to which networks resample it
_UNUSED: Final = np.setdiff1d(np.arange(33), POSE_POINTS) + PART_SLICES[Part.POSE].start


@dataclass(frozen=True, slots=True, eq=False)
class ExemplarMemory:
    """The content of `exemplars.npz`."""

    recipe: Recipe
    parts: frozenset[Part]
    weights: Mapping[str, Tensor]
    takes: tuple[Take, ...]


Embed = Callable[[Sequence[Take]], NDArray[np.float32]]
"""Returns the embeddings [takes, size] of takes by the graph that devices run."""


def save_exemplars(path: Path, classifier: SignClassifier, run: Run, store: Store, embed: Embed) -> None:
    """Write the exemplar memory of a run's calibrated network."""
    provenance = [row.provenance for row in store.rows]
    numbers = select_exemplars(provenance, run.train, _TAKES_PER_SIGN)
    takes = [_thin(store.take(number)) for number in numbers]
    parts = parts_in_order(frozenset(store.parts) & DEFAULT_PARTS)
    columns = stored_columns(parts)
    metadata = {
        "format": FORMAT,
        "recipe": run.recipe.as_content(),
        "parts": parts,
        "provenance": [_unnamed(store.rows[number], number).as_content() for number in numbers],
    }
    content: dict[str, NDArray[Any]] = {
        "metadata": np.array(json.dumps(metadata)),
        "points": np.concatenate([quantise(_used(take.points)[:, columns]) for take in takes]),
        "times": np.concatenate([take.times - take.times[0] for take in takes]).astype(np.float32),
        "ends": np.cumsum([len(take) for take in takes]),
    }
    if of_signs := {take: sign for take in takes if (sign := take.provenance.sign_id) is not None}:
        content |= Cohort.of(embed([*of_signs]), [*of_signs.values()]).arrays()
    for name, weight in classifier.state_dict().items():
        # Norms and their statistics exceed the range of half precision, and are few.
        content[_WEIGHT + name] = (weight.half() if weight.ndim > 1 else weight).numpy()
    np.savez_compressed(path, allow_pickle=False, **content)


def load_exemplars(path: Path) -> ExemplarMemory:
    """Read an exemplar memory. Raises OSError, ValueError."""
    with path.open("rb") as file:
        archive = ArrayArchive(file, _MAX_BYTES)
        metadata = read_metadata(archive)
        weights = {
            name.removeprefix(_WEIGHT): _to_float32(torch.from_numpy(archive.read(name, "fiu")))
            for name in archive.names
            if name.startswith(_WEIGHT)
        }
        takes = read_takes(archive, metadata)
    return ExemplarMemory(Recipe.from_content(metadata.recipe), metadata.parts, weights, tuple(takes))


def select_exemplars(provenance: Sequence[Provenance], numbers: Sequence[int], per_sign: int) -> list[int]:
    """Select up to this many takes of each sign.

    Recorded clips come before changed views, and as many signers as possible are represented.
    """
    by_sign: dict[int | None, list[int]] = defaultdict(list)
    for number in sorted(numbers, key=lambda number: (provenance[number].clip, provenance[number].variant)):
        by_sign[provenance[number].sign_id].append(number)
    selected: list[int] = []
    for candidates in by_sign.values():
        counts: Counter[tuple[bool, str | None]] = Counter()
        ranked = []
        for number in candidates:
            is_view, signer = provenance[number].variant > 0, provenance[number].signer
            ranked.append((is_view, counts[is_view, signer], number))
            counts[is_view, signer] += 1
        selected += [number for *_, number in sorted(ranked)[:per_sign]]
    return sorted(selected)


def _unnamed(row: Row, number: int) -> Provenance:
    """Return a take's provenance for everybody to read: the number of a consent in the place of who gave it."""
    one = row.provenance
    return one if row.consent_id is None else replace(one, clip=f"{row.consent_id}/{number}", signer=row.consent_id)


def _thin(take: Take) -> Take:
    """Return a take with no more frames than a network can tell apart, evenly chosen."""
    frames = np.unique(np.linspace(0, len(take) - 1, _MAX_FRAMES).astype(int))
    return Take(take.points[frames], take.times[frames], take.provenance)


def _used(points: Points) -> Points:
    """Return points [time, 543, 3] without what no network reads of the body, so that it compresses to nothing."""
    kept = points.copy()
    kept[:, _UNUSED] = np.nan
    kept[:, PART_SLICES[Part.POSE], 2] *= 0.0
    return kept


def _to_float32(weight: Tensor) -> Tensor:
    return weight.float() if weight.is_floating_point() else weight
