"""Draws batches of takes from a store."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from landmarkers.errors import UserError
from landmarkers.layout import PART_SLICES, Part
from trainer.augmentation.apply import apply
from trainer.augmentation.pipeline import augment_takes
from trainer.data.batch import Batch
from trainer.data.raw_batch import RawBatch, decode
from trainer.data.store import Store
from trainer.model.features import POSE_POINTS
from trainer.training.recipe import Recipe


class StoreLacksPart(UserError):
    """A store without a part that the network looks at; the message names it."""


class Batches:
    """Takes of a store by number, picked, padded and stacked."""

    def __init__(self, store: Store) -> None:
        """Raises StoreLacksPart."""
        self._store = store
        self._pose = _columns(store, Part.POSE)[None, POSE_POINTS]
        self._hands = np.stack([_columns(store, hand) for hand in (Part.LEFT_HAND, Part.RIGHT_HAND)])

    def collate(self, numbers: Sequence[int] | NDArray[np.int64], device: str = "cpu") -> Batch:
        """The takes of these numbers as they were recorded, on a device; padding is NaN, in points and times."""
        recorded = self._recorded(numbers)
        times = recorded.clock()
        parts = []
        for columns in (recorded.pose, recorded.hands):
            points = np.empty((len(times), len(columns), 3, times.shape[1], columns.shape[1]), np.float32)
            decode(recorded, columns, points)
            parts.append(torch.from_numpy(points).to(device).permute(0, 1, 3, 4, 2))
        return Batch(parts[0][:, 0], parts[1], torch.from_numpy(times).to(device))

    def vary(
        self, numbers: NDArray[np.int64], recipe: Recipe, no_sign_share: float, seed: int, device: str = "cpu"
    ) -> tuple[Batch, Tensor]:
        """The takes of these numbers as a recipe changes them, a share of them made no sign, and which these are, [B].

        What becomes of them depends on nothing but the seed and the takes.
        """
        random = np.random.Generator(np.random.PCG64(seed))
        recorded = self._recorded(numbers)
        sketch = augment_takes(recorded, recipe, no_sign_share, random)
        batch = apply(recorded, sketch, recipe.augmentation.jitter, random, device)
        return batch, torch.from_numpy(sketch.spoilt).to(device)

    def _recorded(self, numbers: Sequence[int] | NDArray[np.int64]) -> RawBatch:
        store = self._store
        return RawBatch(
            store.points, store.times, store.starts[numbers], store.lengths[numbers], self._pose, self._hands
        )


class WeightedSampler:
    """Takes of a store in a random order.

    A sign is drawn by the square root of how many takes it has: rare ones more often than their share, but not as often
    as common ones, of which more can be learned.
    """

    def __init__(self, store: Store, numbers: Sequence[int]) -> None:
        signs = np.array([store.rows[number].provenance.sign_id for number in numbers])
        _, which, counts = np.unique(signs, return_inverse=True, return_counts=True)
        weights = torch.from_numpy(1.0 / np.sqrt(counts[which]))
        self._pool = torch.tensor(numbers)
        self._ends = (weights / weights.sum()).cumsum(0)

    def sample(self, size: int, random: torch.Generator) -> Tensor:
        """Numbers [size] of takes, which may come more than once."""
        places = torch.searchsorted(self._ends, torch.rand(size, generator=random, dtype=torch.float64))
        return self._pool[places.clamp(max=len(self._pool) - 1)]


def _columns(store: Store, part: Part) -> NDArray[np.int64]:
    """Where a part's points lie in the store."""
    start = 0
    for stored in store.parts:
        count = PART_SLICES[stored].stop - PART_SLICES[stored].start
        if stored is part:
            return np.arange(start, start + count)
        start += count
    raise StoreLacksPart(f"the store holds no {part.value}; extract takes with it")
