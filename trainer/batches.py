"""Draws batches of takes from a store."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import threshold

from landmarkers.layout import PART_SLICES, Part
from landmarkers.take import STEPS_PER_UNIT, UNSEEN
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

    def stack(self, numbers: Sequence[int] | NDArray[np.int64], device: str = "cpu") -> Batch:
        """The takes of these numbers on a device; padding is NaN, in points and times.

        Points cross to the device as the store holds them, half the size, and become numbers there.
        """
        starts, lengths = self._store.starts[numbers, None], self._store.lengths[numbers, None]
        frame = np.arange(lengths.max())
        inside = frame < lengths
        steps, times = self._store.frames(starts + np.minimum(frame, lengths - 1))
        steps[~inside] = UNSEEN
        clock = np.where(inside, times - times[:, :1], np.nan).astype(np.float32)
        there = torch.from_numpy(steps).to(device)
        parts = [_points(there, columns) for columns in self._columns.values()]
        return parts[0], parts[1], parts[2], torch.from_numpy(clock).to(device)


class Draws:
    """Takes of a store in a random order.

    A sign is drawn by the square root of how many takes it has: rare ones more often than their share, but not as often
    as common ones, of which more can be learned.
    """

    def __init__(self, store: Store, numbers: Sequence[int]) -> None:
        signs = np.array([store.rows[number].origin.sign_id for number in numbers])
        _, which, counts = np.unique(signs, return_inverse=True, return_counts=True)
        weights = torch.from_numpy(1.0 / np.sqrt(counts[which]))
        self._pool = torch.tensor(numbers)
        self._ends = (weights / weights.sum()).cumsum(0)

    def draw(self, size: int, random: torch.Generator) -> Tensor:
        """Numbers [size] of takes, which may come more than once."""
        places = torch.searchsorted(self._ends, torch.rand(size, generator=random, dtype=torch.float64))
        return self._pool[places.clamp(max=len(self._pool) - 1)]


def _points(steps: Tensor, columns: slice | list[int]) -> Tensor:
    """Points [B, T, P, 3] in picture widths, NaN unseen, `planar`, from steps [B, T, stored points, 3]."""
    picked = steps[:, :, columns].permute(0, 3, 1, 2)
    points = torch.empty(picked.shape, device=steps.device).copy_(picked)
    threshold(points, UNSEEN + 0.5, torch.nan, inplace=True)
    return points.mul_(1 / STEPS_PER_UNIT).permute(0, 2, 3, 1)


def _columns(store: Store, part: Part) -> slice | list[int]:
    """Where a part's points that the network looks at lie in the store."""
    start = 0
    for stored in store.parts:
        if stored is part:
            if part is Part.POSE:
                return [start + number for number in POSE_POINTS]
            return slice(start, start + PART_SLICES[part].stop - PART_SLICES[part].start)
        start += PART_SLICES[stored].stop - PART_SLICES[stored].start
    raise StoreLacksPart(f"the store holds no {part.value}; extract takes with it")
