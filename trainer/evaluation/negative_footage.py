"""Counts false positives: words emitted on footage without any sign that the model knows."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from tqdm import tqdm

from landmarkers.frame import Landmarks
from landmarkers.take import Take
from trainer.data.footage import read_landmarks
from trainer.evaluation.resampling import simulate_camera
from trainer.evaluation.stream_classifier import Segment, StreamClassifier
from trainer.evaluation.streams import rest_stream

_MINUTE_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class FalsePositives:
    """The duration of the footage, and the emitted segments with the names of their clips."""

    seconds: float
    segments: tuple[tuple[str, Segment], ...]

    @property
    def per_minute(self) -> float:
        """Emitted words a minute."""
        return _MINUTE_S * len(self.segments) / self.seconds if self.seconds else 0.0


def evaluate_footage(classifier: StreamClassifier, clips: Sequence[Path]) -> FalsePositives:
    """Classify every frame of clips and takes. Raises RecordingUnreadable, TakeDamaged."""
    manifest = classifier.bundle.manifest
    return _evaluate(
        classifier, ((clip.name, read_landmarks(clip, manifest.parts, manifest.landmarker)) for clip in clips)
    )


def evaluate_rest(
    classifier: StreamClassifier, rests: Sequence[Take], minutes: float, rate: float, drop: float, seed: int
) -> FalsePositives:
    """Classify synthetic streams of resting hands for so many minutes, one minute each."""

    def streams() -> Iterator[tuple[str, Iterable[Landmarks]]]:
        for number in range(math.ceil(minutes)):
            random = np.random.default_rng([seed, number])
            seconds = _MINUTE_S * min(1.0, minutes - number)
            yield "rest", simulate_camera(rest_stream(rests, seconds, random), rate, drop, random).landmarks()

    return _evaluate(classifier, streams())


class _Progress:
    """Passes a stream on, counts its frames in a progress bar and keeps the time of the last one."""

    def __init__(self, stream: Iterable[Landmarks], bar: "tqdm[Any]") -> None:
        self._stream = stream
        self._bar = bar
        self.seconds = 0.0

    def __iter__(self) -> Iterator[Landmarks]:
        for landmarks in self._stream:
            self.seconds = landmarks.time
            self._bar.update()
            yield landmarks


def _evaluate(classifier: StreamClassifier, clips: Iterable[tuple[str, Iterable[Landmarks]]]) -> FalsePositives:
    emitted, seconds = [], 0.0
    with tqdm(desc="watch", unit="frame") as bar:
        for name, stream in clips:
            progress = _Progress(stream, bar)
            emitted += [(name, segment) for segment in classifier.classify(progress) if segment.emitted]
            seconds += progress.seconds
    return FalsePositives(seconds, tuple(emitted))
