"""How fast takes come out of a store as training sees them, beside the way of the research project it grew out of.

Both read as many takes, shuffled, from files of their own that lie in the system's cache, one after the other in the
same process. The reference's samples are resampled and, in half the cases each, turned round and moved. Ishara's are
all of what a recipe does to takes: held hands elsewhere, ways before and after, augmentation, and some made no sign.
"""

import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import torch
from tqdm import trange

from landmarkers.layout import DEFAULT_PARTS
from trainer.augmentation.loader import BatchLoader, WeightedSampler
from trainer.bundle.reference_loader import reference_batches, write_frames
from trainer.data.executor import Executor
from trainer.data.jit import announce_compilation
from trainer.data.store import Store, build_store
from trainer.data.synthetic import make_synthetic_takes
from trainer.training.prefetch import prefetch
from trainer.training.recipe import Recipe

_ROUNDS: Final = 5


@dataclass(frozen=True, slots=True)
class LoaderBenchmark:
    """What was measured. Sizes in bytes, rates in samples a second."""

    takes: int
    frames: int
    batch: int
    threads: int
    build_s: float | None
    """None where the store was there."""
    open_s: float
    store_bytes: int
    takes_bytes: int
    reference_bytes: int
    loaded_per_s: float
    augmented_per_s: float
    reference_loaded_per_s: float
    reference_augmented_per_s: float

    @property
    def speedup(self) -> float:
        """How many times as many samples a second, augmented."""
        return self.augmented_per_s / self.reference_augmented_per_s

    def to_dict(self) -> dict[str, Any]:
        """For programs."""
        return asdict(self) | {"speedup": self.speedup}

    def to_table(self) -> str:
        """For people."""
        built = "was there" if self.build_s is None else f"built in {self.build_s:.0f} s"
        store = f"store {self.store_bytes / 1e9:.2f} GB, {built}, opened in {self.open_s:.2f} s"
        return "\n".join(
            [
                f"{self.takes} takes, {self.frames} frames: {self.takes_bytes / 1e9:.2f} GB as files",
                f"{store}; the reference's array {self.reference_bytes / 1e9:.2f} GB",
                "",
                f"{'samples a second':24} {'ishara':>10} {'reference':>10} {'times':>6}",
                _line("loaded", self.loaded_per_s, self.reference_loaded_per_s),
                _line("loaded and augmented", self.augmented_per_s, self.reference_augmented_per_s),
            ]
        )


def benchmark_loader(
    folder: Path, takes: int, batch: int, seconds: float, threads: int, recipe: Recipe, engine: Executor
) -> LoaderBenchmark:
    """Make up takes and both stores below a folder, where they are not there yet, and measure. Raises OSError."""
    torch.set_num_threads(threads)
    paths = make_synthetic_takes(takes, folder / "takes", engine)
    build_s = None
    if not (folder / f"{takes}.store").is_dir():
        started = time.monotonic()
        build_store(paths, DEFAULT_PARTS, folder / f"{takes}.store", engine)
        build_s = time.monotonic() - started
    started = time.monotonic()
    store = Store(folder / f"{takes}.store")
    open_s = time.monotonic() - started
    announce_compilation()
    frames = folder / f"{takes}.float32"
    write_frames(store, frames)
    _read_through(frames, *sorted((folder / f"{takes}.store").iterdir()))
    # The reference is given its better way, in this process or by workers beside it.
    ways = [0] if threads == 1 else [0, threads]
    rates = _rates(
        {
            "loaded_per_s": [_samples(store, batch, threads, None)],
            "augmented_per_s": [_samples(store, batch, threads, recipe)],
            "reference_loaded_per_s": [_reference(store, frames, workers, augmented=False) for workers in ways],
            "reference_augmented_per_s": [_reference(store, frames, workers, augmented=True) for workers in ways],
        },
        seconds,
        2 * threads,
    )
    return LoaderBenchmark(
        takes=takes,
        frames=int(store.lengths.sum()),
        batch=batch,
        threads=threads,
        build_s=build_s,
        open_s=open_s,
        store_bytes=sum(file.stat().st_size for file in (folder / f"{takes}.store").iterdir()),
        takes_bytes=sum(path.stat().st_size for path in paths),
        reference_bytes=frames.stat().st_size,
        **rates,
    )


def _samples(store: Store, size: int, threads: int, recipe: Recipe | None) -> Iterator[int]:
    """How many samples each batch has, as they were recorded or as a recipe changes them."""
    batches, draws = BatchLoader(store), WeightedSampler(store, range(len(store)))

    def make(number: int) -> int:
        drawn = draws.sample(size, torch.Generator().manual_seed(number)).numpy()
        if recipe is None:
            return len(batches.collate(drawn).times)
        return len(batches.augment(drawn, recipe.augmentation, number)[0].times)

    return prefetch(make, threads)


def _reference(store: Store, frames: Path, workers: int, *, augmented: bool) -> Iterator[int]:
    while True:
        for batch, _ in reference_batches(store, frames, augmented=augmented, workers=workers):
            yield len(batch)


def _rates(ways: dict[str, list[Iterator[int]]], seconds: float, ready: int) -> dict[str, float]:
    """Samples a second of the best of each thing's ways, each over so many seconds.

    All are measured in turn, a little at a time, so that whatever else a machine does concerns all of them. What may
    have been made `ready` meanwhile is not counted.
    """
    counts = {(name, number): 0 for name, batches in ways.items() for number in range(len(batches))}
    spent = dict.fromkeys(counts, 0.0)
    for _ in trange(_ROUNDS, desc="measure", unit="round"):
        for name, number in counts:
            batches = ways[name][number]
            for _ in range(ready + 1):
                next(batches)
            started = time.monotonic()
            while time.monotonic() < started + seconds / _ROUNDS:
                counts[name, number] += next(batches)
            spent[name, number] += time.monotonic() - started
    return {
        name: max(counts[name, number] / spent[name, number] for number in range(len(batches)))
        for name, batches in ways.items()
    }


def _read_through(*paths: Path) -> None:
    """Bring files into the system's cache, as the first epoch does."""
    for path in paths:
        with path.open("rb", buffering=0) as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_SEQUENTIAL)
            while file.read(1 << 24):
                pass


def _line(name: str, own: float, reference: float) -> str:
    return f"{name:24} {own:10.0f} {reference:10.0f} {own / reference:6.1f}"
