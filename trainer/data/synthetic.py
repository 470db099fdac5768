"""Generates synthetic takes, as many as a whole data set has, for benchmarks without data that may not be shared."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from tqdm import tqdm

from landmarkers.layout import PART_SLICES, POINT_COUNT, Part
from landmarkers.take import TAKE_SUFFIX, Provenance, Take
from trainer.data.executor import Executor, WorkerLost
from trainer.data.extract import ExtractionFailed

LANDMARKER: Final = "synthetic"
SIGNS: Final = 502
SIGNERS: Final = ("01", "02", "03")
_FRAME_RATE: Final = 30.0
_LENGTHS: Final = (12, 42)  # frames: KArSL's median is 23, and its mean about 27
_CHUNK: Final = 100


def make_synthetic_takes(count: int, to: Path, executor: Executor) -> list[Path]:
    """Write this number of takes, the same ones each time; existing takes stay. Raises ExtractionFailed."""
    chunks = [range(start, min(start + _CHUNK, count)) for start in range(0, count, _CHUNK)]
    function = partial(_write_takes, to=to)
    for _, result in tqdm(executor.run(function, chunks), total=len(chunks), desc="generate", unit="chunk"):
        if isinstance(result, WorkerLost | OSError):
            raise ExtractionFailed(f"takes cannot be written to {to}: {result}")
    return [_take_path(to, number) for number in range(count)]


def _write_takes(numbers: Sequence[int], *, to: Path) -> OSError | None:
    try:
        for number in numbers:
            if not _take_path(to, number).is_file():
                _make_take(number).save(_take_path(to, number))
    except OSError as error:
        return error
    return None


@dataclass(frozen=True, slots=True)
class _Label:
    signer: str
    split: str
    sign_id: int

    @property
    def folder(self) -> str:
        """Return the folder of the clip in KArSL's layout."""
        return f"{self.signer}/{self.signer}/{self.split}/{self.sign_id:04}"


def _label(number: int) -> _Label:
    """Cycle through the signs, then the signers, then repetitions, of which every sixth is for testing."""
    repetition = number // (SIGNS * len(SIGNERS))
    signer = SIGNERS[number // SIGNS % len(SIGNERS)]
    return _Label(signer, "test" if repetition % 6 == 5 else "train", 1 + number % SIGNS)


def _take_path(to: Path, number: int) -> Path:
    return to / _label(number).folder / f"{number:06}{TAKE_SUFFIX}"


def _make_take(number: int) -> Take:
    """Return a take with one or both hands on a straight path before a body, with noise as of landmark networks."""
    random = np.random.default_rng(number)
    label = _label(number)
    frames = int(random.integers(*_LENGTHS, endpoint=True))
    progress = np.linspace(0.0, 1.0, frames, dtype=np.float32)[:, None]
    points = np.full((frames, POINT_COUNT, 3), np.nan, np.float32)
    body = random.uniform(0.2, 0.8, (33, 3))
    points[:, PART_SLICES[Part.POSE]] = body
    for part in (Part.LEFT_HAND, Part.RIGHT_HAND)[int(random.random() < 0.5) :]:
        start, end = random.uniform(0.3, 0.8, (2, 3))
        fingers = random.normal(0.0, 0.05, (21, 3))
        points[:, PART_SLICES[part]] = (start + progress * (end - start))[:, None] + fingers
    points += random.normal(0.0, 0.002, points.shape).astype(np.float32)
    provenance = Provenance(f"{label.folder}/{number:06}", LANDMARKER, label.signer, label.split, label.sign_id)
    return Take(points, np.arange(frames) / _FRAME_RATE, provenance)
