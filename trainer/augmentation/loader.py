"""Loads batches of takes from a store, as recorded or augmented."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from landmarkers.errors import UserError
from landmarkers.layout import PART_SLICES, Part
from trainer.augmentation.apply import apply
from trainer.augmentation.config import AugmentationConfig
from trainer.augmentation.pipeline import sample_params
from trainer.data.batch import Batch
from trainer.data.raw_batch import RawBatch, decode
from trainer.data.store import NO_SIGN, Store
from trainer.model.features import POSE_POINTS

_UNKNOWN_SHARE: Final = 0.08  # of the takes that are sampled


class StoreLacksPart(UserError):
    """A store without a body part that the network needs; the message names the part."""


class BatchLoader:
    """Collates takes of a store, selected by their indices, into padded batches."""

    def __init__(self, store: Store) -> None:
        """Raises StoreLacksPart."""
        self._store = store
        self._pose = _columns(store, Part.POSE)[None, POSE_POINTS]
        self._hands = np.stack([_columns(store, hand) for hand in (Part.LEFT_HAND, Part.RIGHT_HAND)])

    def collate(self, indices: Sequence[int] | NDArray[np.int64], device: str = "cpu") -> Batch:
        """Return the takes as recorded, on a device; padding is NaN, in points and times."""
        raw = self._raw_batch(indices)
        times = raw.relative_times()
        parts = []
        for columns in (raw.pose, raw.hands):
            points = np.empty((len(times), len(columns), 3, times.shape[1], columns.shape[1]), np.float32)
            decode(raw, columns, points)
            parts.append(torch.from_numpy(points).to(device).permute(0, 1, 3, 4, 2))
        return Batch(parts[0][:, 0], parts[1], torch.from_numpy(times).to(device))

    def augment(
        self, indices: NDArray[np.int64], config: AugmentationConfig, seed: int, device: str = "cpu"
    ) -> tuple[Batch, Tensor]:
        """Return the augmented takes, and which of them, [B], became negatives ("no sign").

        The result depends on nothing but the seed, the settings and the takes.
        """
        random = np.random.Generator(np.random.PCG64(seed))
        raw = self._raw_batch(indices)
        params = sample_params(raw, config, random)
        batch = apply(raw, params, config.transforms.jitter, random, device)
        return batch, torch.from_numpy(params.is_negative).to(device)

    def _raw_batch(self, indices: Sequence[int] | NDArray[np.int64]) -> RawBatch:
        store = self._store
        return RawBatch(
            store.points, store.times, store.starts[indices], store.lengths[indices], self._pose, self._hands
        )


class WeightedSampler:
    """Samples takes of a store at random, with replacement.

    A sign is sampled in proportion to the square root of its number of takes: rare signs more often than their share,
    but not as often as common ones, which hold more to learn. Takes without a sign have a fixed share, however many.
    """

    def __init__(self, store: Store, indices: Sequence[int]) -> None:
        provenances = [store.rows[index].provenance for index in indices]
        signs = np.array([NO_SIGN if one.sign_id is None else one.sign_id for one in provenances])
        _, classes, counts = np.unique(signs, return_inverse=True, return_counts=True)
        drawn = 1.0 / np.sqrt(counts[classes])
        unknown = signs == NO_SIGN
        if 0 < unknown.sum() < len(signs):
            drawn[unknown] = _UNKNOWN_SHARE / (1.0 - _UNKNOWN_SHARE) * drawn[~unknown].sum() / unknown.sum()
        weights = torch.from_numpy(drawn)
        self._indices = torch.tensor(indices)
        self._cumulative = (weights / weights.sum()).cumsum(0)

    def sample(self, size: int, random: torch.Generator) -> Tensor:
        """Return the indices [size] of takes; an index may occur more than once."""
        places = torch.searchsorted(self._cumulative, torch.rand(size, generator=random, dtype=torch.float64))
        return self._indices[places.clamp(max=len(self._indices) - 1)]


def _columns(store: Store, part: Part) -> NDArray[np.int64]:
    """Return the columns of a body part's points in the store."""
    start = 0
    for stored in store.parts:
        count = PART_SLICES[stored].stop - PART_SLICES[stored].start
        if stored is part:
            return np.arange(start, start + count)
        start += count
    raise StoreLacksPart(f"the store holds no {part.value}; extract takes that include it")
