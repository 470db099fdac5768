"""Footage in which nobody signs what a model knows, to count the words that it says all the same."""

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from tqdm import tqdm

from landmarkers.factory import open_landmarker
from landmarkers.frame import Landmarks
from landmarkers.recording import VIDEO_SUFFIXES, RecordingUnreadable, numbered_images, read_recording
from landmarkers.take import TAKE_SUFFIX, Take
from models.bundle import Bundle
from trainer.evaluation.alignment import Segment, StreamClassifier
from trainer.evaluation.streams import rest_stream, simulate_camera

_MINUTE_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class FalsePositives:
    """How long was watched, and the words said: in which clip and what."""

    seconds: float
    segments: tuple[tuple[str, Segment], ...]

    @property
    def per_minute(self) -> float:
        """Words said in a minute."""
        return _MINUTE_S * len(self.segments) / self.seconds if self.seconds else 0.0


def find_footage(places: Iterable[Path]) -> list[Path]:
    """The clips and takes that are named, and those in the folders that are. Raises RecordingUnreadable."""
    found = []
    for place in places:
        below = sorted(place.rglob("*")) if place.is_dir() else []
        clips = [path for path in (place, *below) if _is_clip(path)]
        if not clips:
            raise RecordingUnreadable(f"there is no clip and no take in {place}")
        found += clips
    return found


def evaluate_footage(reader: StreamClassifier, clips: Sequence[Path]) -> FalsePositives:
    """Read clips and takes, each from its start to its end, every frame of them. Raises RecordingUnreadable."""
    return _watch(reader, ((clip.name, _landmarks(clip, reader.bundle)) for clip in clips))


def evaluate_rest(
    reader: StreamClassifier, rests: Sequence[Take], minutes: float, rate: float, drop: float, seed: int
) -> FalsePositives:
    """Read somebody who rests for so many minutes, each minute by itself."""

    def resting() -> Iterator[tuple[str, Iterable[Landmarks]]]:
        for number in range(math.ceil(minutes)):
            random = np.random.default_rng([seed, number])
            seconds = _MINUTE_S * min(1.0, minutes - number)
            yield "rest", simulate_camera(rest_stream(rests, seconds, random), rate, drop, random).landmarks()

    return _watch(reader, resting())


def _watch(reader: StreamClassifier, clips: Iterable[tuple[str, Iterable[Landmarks]]]) -> FalsePositives:
    said, seconds = [], 0.0
    with tqdm(desc="watch", unit="frame") as bar:
        for name, stream in clips:
            clock = [0.0]

            def passing(stream: Iterable[Landmarks] = stream, clock: list[float] = clock) -> Iterator[Landmarks]:
                for landmarks in stream:
                    clock.append(landmarks.time)
                    bar.update()
                    yield landmarks

            said += [(name, cut) for cut in reader.classify(passing()) if cut.emitted]
            seconds += clock[-1]
    return FalsePositives(seconds, tuple(said))


def _landmarks(clip: Path, bundle: Bundle) -> Iterator[Landmarks]:
    if clip.name.endswith(TAKE_SUFFIX):
        take = Take.load(clip)
        yield from (
            Landmarks(points, time) for points, time in zip(take.points, take.times - take.times[0], strict=True)
        )
        return
    manifest = bundle.manifest
    with closing(open_landmarker(manifest.parts, manifest.landmarker)) as landmarker:
        for frame in read_recording(clip):
            yield landmarker.detect(frame)


def _is_clip(path: Path) -> bool:
    if path.is_dir():
        return bool(numbered_images(path))
    shown = not path.name.startswith(".")
    return shown and path.is_file() and (path.suffix.lower() in VIDEO_SUFFIXES or path.name.endswith(TAKE_SUFFIX))
