"""How the research project that Ishara grew out of loads its training data, written afresh from what it does.

All frames of a split lie one after another in one array of float32, [frames, 184, 4], opened by `numpy.memmap`. A
sample is looked up by where its clip begins, brought to 50 frames in Python (one at a random place in each of 50
stretches of equal length, between its two neighbours), turned round in half the cases, moved in half the cases, and
stacked into batches of 64 by torch's DataLoader. What ishara's own loader is measured against.
"""

from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import DataLoader, Dataset
from tqdm import tqdm

from trainer.data.store import Store

_POINTS, _VALUES, _STEPS, _BATCH = 184, 4, 50, 64
_POSE_TURNED: Final = [1, 0, 3, 2, 5, 4]
_FACE, _RIGHT, _LEFT = slice(6, 142), slice(142, 163), slice(163, 184)
_FRAMES_AT_ONCE: Final = 8192


def write_frames(store: Store, path: Path) -> None:
    """An array of as many frames as the store has; what stands in it does not matter."""
    count = int(store.lengths.sum())
    if path.is_file() and path.stat().st_size == count * _POINTS * _VALUES * 4:
        return
    random = np.random.default_rng(0)
    with path.open("wb") as file:
        for start in tqdm(range(0, count, _FRAMES_AT_ONCE), desc="reference", unit="piece"):
            frames = min(_FRAMES_AT_ONCE, count - start)
            file.write(random.random((frames, _POINTS, _VALUES), np.float32).data)


class ReferenceTakes(Dataset[tuple[NDArray[np.float32], int]]):
    """Samples [50, 736] and their classes; with or without turning and moving."""

    def __init__(self, store: Store, path: Path, *, augmented: bool) -> None:
        self._frames = np.memmap(path, np.float32, "r", shape=(int(store.lengths.sum()), _POINTS, _VALUES))
        self._starts, self._lengths = store.starts, store.lengths
        self._classes = [row.provenance.sign_id or 0 for row in store.rows]
        self._augmented = augmented

    def __len__(self) -> int:
        return len(self._classes)

    def __getitem__(self, number: int) -> tuple[NDArray[np.float32], int]:
        start = self._starts[number]
        sample = _resampled(self._frames[start : start + self._lengths[number]])
        if self._augmented:
            if np.random.random() < 0.5:  # noqa: NPY002 - as it is done there
                sample = _turned(sample)
            if np.random.random() < 0.5:  # noqa: NPY002
                sample[..., :2] = _moved(sample[..., :2].reshape(-1, 2)).reshape(_STEPS, _POINTS, 2)
        return sample.astype(np.float32).reshape(_STEPS, -1), self._classes[number]


def reference_batches(store: Store, path: Path, *, augmented: bool, workers: int) -> DataLoader[Any]:
    """An epoch of shuffled batches, by this many processes beside this one."""
    random = torch.Generator().manual_seed(1)
    return DataLoader(
        ReferenceTakes(store, path, augmented=augmented), _BATCH, shuffle=True, num_workers=workers, generator=random
    )


def _resampled(frames: NDArray[np.float32]) -> NDArray[np.float64]:
    edges = np.linspace(0, len(frames), _STEPS + 1)
    width = edges[1:] - edges[:-1]
    place = edges[:-1] + width * (0.1 + 0.8 * np.random.rand(_STEPS))  # noqa: NPY002
    place = np.clip(place, 0, len(frames) - 1 - 1e-6)
    before, after = np.floor(place).astype(int), np.ceil(place).astype(int)
    blend = (place - before)[:, None, None]
    between: NDArray[np.float64] = (1 - blend) * frames[before] + blend * frames[after]
    return between


def _turned(sample: NDArray[np.float64]) -> NDArray[np.float64]:
    sample[..., 0] *= -1
    sample[:, :6] = sample[:, _POSE_TURNED]
    sample[:, _FACE] = sample[:, _FACE][:, ::-1]
    left = sample[:, _LEFT].copy()
    sample[:, _LEFT] = sample[:, _RIGHT]
    sample[:, _RIGHT] = left
    return sample


def _moved(places: NDArray[np.float64]) -> NDArray[np.float64]:
    angle = np.radians(np.random.uniform(-15, 15))  # noqa: NPY002
    cos, sin = np.cos(angle), np.sin(angle)
    size, shift = np.random.uniform(0.85, 1.15), np.random.uniform(-0.1, 0.1, 2)  # noqa: NPY002
    moved: NDArray[np.float64] = places @ np.array(((cos, sin), (-sin, cos))) * size + shift
    return moved
