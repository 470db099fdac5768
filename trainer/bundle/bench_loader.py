"""Measures the training data loader: samples a second, compared with the loader of the research project.

Both loaders serve the same number of takes, shuffled, from files of their own in the page cache, one after the other in
the same process. The reference resamples its samples, and mirrors and transforms each in half the cases. Ishara
applies a recipe's whole augmentation: static-hand perturbation, transitions before and after the sign, transforms, and
negatives.
"""

import os
import re
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import torch
from tqdm import trange

from landmarkers.layout import DEFAULT_PARTS
from trainer.augmentation.config import AugmentationConfig
from trainer.augmentation.loader import BatchLoader, WeightedSampler
from trainer.bundle.reference_loader import reference_batches, write_frames
from trainer.data.executor import Executor
from trainer.data.jit import announce_compilation
from trainer.data.store import Store
from trainer.data.store_builder import build_store
from trainer.data.synthetic import make_synthetic_takes
from trainer.targets import Kind, names_in
from trainer.training.prefetch import prefetch

_ROUNDS: Final = 5
_OWN_NAME: Final = re.compile(r"[0-9]+\.(store|float32)|\.[0-9]+\.store\.new")


def _find_foreign(folder: Path) -> str | None:
    others = sorted(name for name in names_in(folder) if name != "takes" and not _OWN_NAME.fullmatch(name))
    return f"it holds {others[0]}" if others else None


BENCHMARK: Final = Kind("a folder of this benchmark", _find_foreign)


@dataclass(frozen=True, slots=True)
class LoaderBenchmark:
    """The figures of a loader benchmark: sizes in bytes, rates in samples a second."""

    takes: int
    frames: int
    batch: int
    threads: int
    build_s: float | None
    """None if the store existed before."""
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
        """Return the rate of augmented samples as a multiple of the reference's."""
        return self.augmented_per_s / self.reference_augmented_per_s

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as JSON content."""
        return asdict(self) | {"speedup": self.speedup}

    def to_table(self) -> str:
        """Return the figures as text."""
        built = "existed before" if self.build_s is None else f"built in {self.build_s:.0f} s"
        store = f"store {self.store_bytes / 1e9:.2f} GB, {built}, opened in {self.open_s:.2f} s"
        return "\n".join(
            [
                f"{self.takes} takes, {self.frames} frames: {self.takes_bytes / 1e9:.2f} GB as files",
                f"{store}; the reference's array {self.reference_bytes / 1e9:.2f} GB",
                "",
                f"{'samples a second':24} {'ishara':>10} {'reference':>10} {'times':>6}",
                _row("loaded", self.loaded_per_s, self.reference_loaded_per_s),
                _row("loaded and augmented", self.augmented_per_s, self.reference_augmented_per_s),
            ]
        )


def benchmark_loader(
    folder: Path,
    takes: int,
    batch: int,
    seconds: float,
    threads: int,
    augmentation: AugmentationConfig,
    executor: Executor,
) -> LoaderBenchmark:
    """Make synthetic takes and both stores in a folder, unless they exist, and measure.

    Raises OSError, ExtractionFailed, StoreUnusable, TargetRefused.
    """
    torch.set_num_threads(threads)
    paths = make_synthetic_takes(takes, folder / "takes", executor)
    build_s = None
    if not (folder / f"{takes}.store/index.npz").is_file():
        started = time.monotonic()
        build_store(paths, DEFAULT_PARTS, folder / f"{takes}.store", executor)
        build_s = time.monotonic() - started
    started = time.monotonic()
    store = Store(folder / f"{takes}.store")
    open_s = time.monotonic() - started
    announce_compilation()
    frames = folder / f"{takes}.float32"
    write_frames(store, frames)
    _fill_page_cache(frames, *sorted((folder / f"{takes}.store").iterdir()))
    # The reference runs in this process or with worker processes, and the faster of the two counts.
    worker_counts = [0] if threads == 1 else [0, threads]
    rates = _measure_rates(
        {
            "loaded_per_s": [_samples(store, batch, threads, None)],
            "augmented_per_s": [_samples(store, batch, threads, augmentation)],
            "reference_loaded_per_s": [_reference(store, frames, count, augmented=False) for count in worker_counts],
            "reference_augmented_per_s": [_reference(store, frames, count, augmented=True) for count in worker_counts],
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


def _samples(store: Store, size: int, threads: int, augmentation: AugmentationConfig | None) -> Iterator[int]:
    """Yield the number of samples of each batch, as recorded if `augmentation` is None."""
    batches, sampler = BatchLoader(store), WeightedSampler(store, range(len(store)))

    def make(number: int) -> int:
        takes = sampler.sample(size, torch.Generator().manual_seed(number)).numpy()
        if augmentation is None:
            return len(batches.collate(takes).times)
        return len(batches.augment(takes, augmentation, number)[0].times)

    return prefetch(make, threads)


def _reference(store: Store, frames: Path, workers: int, *, augmented: bool) -> Iterator[int]:
    while True:
        for batch, _ in reference_batches(store, frames, augmented=augmented, workers=workers):
            yield len(batch)


def _measure_rates(variants: dict[str, list[Iterator[int]]], seconds: float, prefetched: int) -> dict[str, float]:
    """Return samples a second of the fastest variant of each figure, each measured for this many seconds.

    All are measured in turns, a little at a time, so that other load on the machine affects all of them. The batches
    that may have been prefetched meanwhile are not counted.
    """
    counts = {(name, index): 0 for name, loaders in variants.items() for index in range(len(loaders))}
    elapsed = dict.fromkeys(counts, 0.0)
    for _ in trange(_ROUNDS, desc="measure", unit="round"):
        for name, index in counts:
            loader = variants[name][index]
            for _ in range(prefetched + 1):
                next(loader)
            started = time.monotonic()
            while time.monotonic() < started + seconds / _ROUNDS:
                counts[name, index] += next(loader)
            elapsed[name, index] += time.monotonic() - started
    return {
        name: max(counts[name, index] / elapsed[name, index] for index in range(len(loaders)))
        for name, loaders in variants.items()
    }


def _fill_page_cache(*paths: Path) -> None:
    """Read files once, as the first epoch does."""
    for path in paths:
        with path.open("rb", buffering=0) as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_SEQUENTIAL)
            while file.read(1 << 24):
                pass


def _row(name: str, own: float, reference: float) -> str:
    return f"{name:24} {own:10.0f} {reference:10.0f} {own / reference:6.1f}"
