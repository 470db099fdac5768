"""The data loader of the research project that Ishara grew out of, as a baseline for Ishara's own loader.

Rewritten from its behaviour. All frames of a split lie one after another in one array of float32, [frames, 184, 4],
opened by `numpy.memmap`. A sample is found by the start of its clip, resampled to 50 frames in Python (one at a random
position in each of 50 segments of equal length, interpolated between its two neighbours), mirrored with probability
one half, moved by a random affine transform with probability one half, and collated into batches of 64 by torch's
DataLoader.
"""

from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import DataLoader, Dataset
from tqdm import tqdm

from trainer.data.store import Store
from trainer.targets import cannot_write

_POINTS, _VALUES, _STEPS, _BATCH = 184, 4, 50, 64
_POSE_MIRRORED: Final = [1, 0, 3, 2, 5, 4]
_FACE, _RIGHT, _LEFT = slice(6, 142), slice(142, 163), slice(163, 184)
_FRAMES_PER_WRITE: Final = 8192


def write_frames(store: Store, path: Path) -> None:
    """Write an array of as many frames as the store has; their values do not matter. Raises TargetRefused."""
    count = int(store.lengths.sum())
    if path.is_file() and path.stat().st_size == count * _POINTS * _VALUES * 4:
        return
    random = np.random.default_rng(0)
    try:
        with path.open("wb") as file:
            for start in tqdm(range(0, count, _FRAMES_PER_WRITE), desc="reference", unit="chunk"):
                frames = min(_FRAMES_PER_WRITE, count - start)
                file.write(random.random((frames, _POINTS, _VALUES), np.float32).data)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise cannot_write(path, error) from error


class ReferenceTakes(Dataset[tuple[NDArray[np.float32], int]]):
    """Samples [50, 736] and their classes, with or without augmentation."""

    def __init__(self, store: Store, path: Path, *, augmented: bool) -> None:
        self._frames = np.memmap(path, np.float32, "r", shape=(int(store.lengths.sum()), _POINTS, _VALUES))
        self._starts, self._lengths = store.starts, store.lengths
        self._classes = [row.provenance.sign_id or 0 for row in store.rows]
        self._augmented = augmented

    def __len__(self) -> int:
        return len(self._classes)

    def __getitem__(self, number: int) -> tuple[NDArray[np.float32], int]:
        start = self._starts[number]
        sample = _resample(self._frames[start : start + self._lengths[number]])
        if self._augmented:
            if np.random.random() < 0.5:  # noqa: NPY002 - the reference uses numpy's global generator
                sample = _mirror(sample)
            if np.random.random() < 0.5:  # noqa: NPY002
                sample[..., :2] = _transform(sample[..., :2].reshape(-1, 2)).reshape(_STEPS, _POINTS, 2)
        return sample.astype(np.float32).reshape(_STEPS, -1), self._classes[number]


def reference_batches(store: Store, path: Path, *, augmented: bool, workers: int) -> DataLoader[Any]:
    """Return a loader of an epoch of shuffled batches with this many worker processes."""
    random = torch.Generator().manual_seed(1)
    return DataLoader(
        ReferenceTakes(store, path, augmented=augmented), _BATCH, shuffle=True, num_workers=workers, generator=random
    )


def _resample(frames: NDArray[np.float32]) -> NDArray[np.float64]:
    edges = np.linspace(0, len(frames), _STEPS + 1)
    width = edges[1:] - edges[:-1]
    position = edges[:-1] + width * (0.1 + 0.8 * np.random.rand(_STEPS))  # noqa: NPY002
    position = np.clip(position, 0, len(frames) - 1 - 1e-6)
    before, after = np.floor(position).astype(int), np.ceil(position).astype(int)
    weight = (position - before)[:, None, None]
    interpolated: NDArray[np.float64] = (1 - weight) * frames[before] + weight * frames[after]
    return interpolated


def _mirror(sample: NDArray[np.float64]) -> NDArray[np.float64]:
    sample[..., 0] *= -1
    sample[:, :6] = sample[:, _POSE_MIRRORED]
    sample[:, _FACE] = sample[:, _FACE][:, ::-1]
    left = sample[:, _LEFT].copy()
    sample[:, _LEFT] = sample[:, _RIGHT]
    sample[:, _RIGHT] = left
    return sample


def _transform(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rotate, scale and shift points [n, 2] at random."""
    angle = np.radians(np.random.uniform(-15, 15))  # noqa: NPY002
    cos, sin = np.cos(angle), np.sin(angle)
    scale, shift = np.random.uniform(0.85, 1.15), np.random.uniform(-0.1, 0.1, 2)  # noqa: NPY002
    moved: NDArray[np.float64] = points @ np.array(((cos, sin), (-sin, cos))) * scale + shift
    return moved
