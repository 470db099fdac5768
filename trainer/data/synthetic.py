"""Takes of nobody, as many as a whole data set has: to measure with what no one can hand out."""

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

LANDMARKER: Final = "made-up"
SIGNS: Final = 502
SIGNERS: Final = ("01", "02", "03")
_RATE: Final = 30.0
_LENGTHS: Final = (12, 42)  # frames: KArSL's median is 23, and its mean about 27
_CHUNK: Final = 100


def make_synthetic_takes(count: int, to: Path, engine: Executor) -> list[Path]:
    """Write so many takes, the same ones each time; those that are there already stay. Raises ExtractionBroken."""
    chunks = [range(start, min(start + _CHUNK, count)) for start in range(0, count, _CHUNK)]
    work = partial(_write, to=to)
    for _, answer in tqdm(engine.run(work, chunks), total=len(chunks), desc="make up", unit="chunk"):
        if isinstance(answer, WorkerLost | OSError):
            raise ExtractionFailed(f"takes cannot be written to {to}: {answer}")
    return [_path(to, number) for number in range(count)]


def _write(numbers: Sequence[int], *, to: Path) -> OSError | None:
    try:
        for number in numbers:
            if not _path(to, number).is_file():
                _take(number).save(_path(to, number))
    except OSError as error:
        return error
    return None


@dataclass(frozen=True, slots=True)
class _Place:
    signer: str
    split: str
    sign_id: int

    @property
    def name(self) -> str:
        """The folder of a clip in KArSL's layout."""
        return f"{self.signer}/{self.signer}/{self.split}/{self.sign_id:04}"


def _place(number: int) -> _Place:
    """Signs in turn, then signers, as many repetitions as it takes; every sixth for testing."""
    repetition = number // (SIGNS * len(SIGNERS))
    signer = SIGNERS[number // SIGNS % len(SIGNERS)]
    return _Place(signer, "test" if repetition % 6 == 5 else "train", 1 + number % SIGNS)


def _path(to: Path, number: int) -> Path:
    return to / _place(number).name / f"{number:06}{TAKE_SUFFIX}"


def _take(number: int) -> Take:
    """One or both hands on a smooth way before a body, with the noise that landmark networks have."""
    draw = np.random.default_rng(number)
    place = _place(number)
    frames = int(draw.integers(*_LENGTHS, endpoint=True))
    share = np.linspace(0.0, 1.0, frames, dtype=np.float32)[:, None]
    points = np.full((frames, POINT_COUNT, 3), np.nan, np.float32)
    body = draw.uniform(0.2, 0.8, (33, 3))
    points[:, PART_SLICES[Part.POSE]] = body
    for part in (Part.LEFT_HAND, Part.RIGHT_HAND)[int(draw.random() < 0.5) :]:
        start, end = draw.uniform(0.3, 0.8, (2, 3))
        fingers = draw.normal(0.0, 0.05, (21, 3))
        points[:, PART_SLICES[part]] = (start + share * (end - start))[:, None] + fingers
    points += draw.normal(0.0, 0.002, points.shape).astype(np.float32)
    origin = Provenance(f"{place.name}/{number:06}", LANDMARKER, place.signer, place.split, place.sign_id)
    return Take(points, np.arange(frames) / _RATE, origin)
