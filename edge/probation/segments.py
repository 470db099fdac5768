"""The last stretches of the stream in which a hand was up: landmarks without pictures, kept in memory alone."""

import threading
from collections import deque
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from landmarkers.frame import Frame, Landmarks
from landmarkers.layout import PART_SLICES, POINT_COUNT, Part
from landmarkers.take import Provenance, Take, dequantise, quantise
from models.activity_detection import RaisedHandSpotter
from models.manifest import SpotterSettings

MAX_SEGMENTS: Final = 20
_LONGEST_S: Final = 10.0  # of one stretch; who signs for longer is remembered in pieces


class RecentSegments:
    """Remembers the last stretches, whatever any model made of them.

    What the daemon's own spotter gives would not do: that holds only what the model at work took for a sign. Twenty
    stretches of ten seconds at 30 frames a second take 3 MB.
    """

    def __init__(self, raise_threshold: float) -> None:
        """`raise_threshold` is the measure of a raised hand."""
        settings = SpotterSettings(raise_threshold=raise_threshold, max_duration_s=_LONGEST_S)
        self._spotter = RaisedHandSpotter(settings, landmarker="")
        self._lock = threading.Lock()
        self._kept: deque[_Packed] = deque(maxlen=MAX_SEGMENTS)
        self._count = 0

    def observe(self, _frame: Frame, landmarks: Landmarks) -> None:
        """See what was found in a frame."""
        for take in self._spotter.push(landmarks):
            packed = _Packed.of(take)
            with self._lock:
                self._count += 1
                self._kept.append(packed)

    def next_after(self, number: int) -> tuple[int, Take] | None:
        """The first remembered stretch behind the one of this number, with its own; the first of all is 1."""
        with self._lock:
            first = self._count - len(self._kept) + 1
            following = max(first, number + 1)
            packed = self._kept[following - first] if following <= self._count else None
        return None if packed is None else (following, packed.unpack())


@dataclass(frozen=True, slots=True, eq=False)
class _Packed:
    """A take in the form in which takes are stored, without the parts that were not seen."""

    times: NDArray[np.float64]
    steps: dict[Part, NDArray[np.int16]]
    origin: Provenance

    @classmethod
    def of(cls, take: Take) -> "_Packed":
        seen = {part: where for part, where in PART_SLICES.items() if take.visible(part).any()}
        return cls(take.times, {part: quantise(take.points[:, where]) for part, where in seen.items()}, take.provenance)

    def unpack(self) -> Take:
        points = np.full((len(self.times), POINT_COUNT, 3), np.nan, np.float32)
        for part, steps in self.steps.items():
            points[:, PART_SLICES[part]] = dequantise(steps)
        return Take(points, self.times, self.origin)
