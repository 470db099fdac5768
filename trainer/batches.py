"""Draws batches of takes from a store."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from landmarkers.layout import PART_SLICES, Part
from trainer.augment import Batch
from trainer.preprocess import POSE_POINTS
from trainer.store import Store


class StoreLacksPart(Exception):
    """A store without a part that the network looks at; the message names it."""


class Batches:
    """Takes of a store by number, picked, padded and stacked: pose [B, T, 11, 3], hands [B, T, 21, 3], times [B, T]."""

    def __init__(self, store: Store) -> None:
        """Raises StoreLacksPart."""
        self._store = store
        self._columns = {part: _columns(store, part) for part in (Part.POSE, Part.LEFT_HAND, Part.RIGHT_HAND)}

    def stack(self, numbers: Sequence[int]) -> Batch:
        """The takes of these numbers; padding is NaN, in points and times."""
        takes = [self._store.read(number) for number in numbers]
        longest = max(len(times) for _, times in takes)
        points = np.full((len(takes), longest, *takes[0][0].shape[1:]), np.nan, np.float32)
        clock = np.full((len(takes), longest), np.nan, np.float32)
        for row, (taken, times) in enumerate(takes):
            points[row, : len(times)] = taken
            clock[row, : len(times)] = times
        parts = [torch.from_numpy(points[:, :, columns]) for columns in self._columns.values()]
        return parts[0], parts[1], parts[2], torch.from_numpy(clock)

    def draw(self, numbers: Sequence[int], size: int, random: torch.Generator) -> Iterator[tuple[Batch, Tensor]]:
        """Batches without end, each with the numbers that were drawn for it.

        A sign is drawn by the square root of how many takes it has: rare ones more often than their share, but not
        as often as common ones, of which more can be learned.
        """
        signs = np.array([self._store.rows[number].origin.sign_id for number in numbers])
        _, which, counts = np.unique(signs, return_inverse=True, return_counts=True)
        weights = torch.from_numpy(1.0 / np.sqrt(counts[which]))
        pool = torch.tensor(numbers)
        while True:
            drawn = pool[torch.multinomial(weights, size, replacement=True, generator=random)]
            yield self.stack(drawn.tolist()), drawn


def _columns(store: Store, part: Part) -> list[int]:
    """Where a part's points that the network looks at lie in the store."""
    start = 0
    for stored in store.parts:
        if stored is part:
            where = PART_SLICES[part]
            wanted = POSE_POINTS if part is Part.POSE else range(where.stop - where.start)
            return [start + number for number in wanted]
        start += PART_SLICES[stored].stop - PART_SLICES[stored].start
    raise StoreLacksPart(f"the store holds no {part.value}; extract takes with it")
