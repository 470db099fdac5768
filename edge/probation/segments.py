"""The latest segments of the stream with a raised hand: landmarks without images, kept in memory alone."""

import threading
from collections import deque
from typing import Final

from landmarkers.frame import Frame, Landmarks
from landmarkers.take import StoredTake, Take
from models.activity_detection import RaisedHandSpotter
from models.manifest import SpotterSettings

MAX_SEGMENTS: Final = 20
_MAX_DURATION_S: Final = 10.0  # longer signing is stored as several segments


class RecentSegments:
    """Stores the latest segments, whatever any model recognised in them.

    The takes of the daemon's own spotter would not do: they hold only what the current model took for a sign. Twenty
    segments of ten seconds at 30 frames a second take 3 MB.
    """

    def __init__(self, raise_threshold: float) -> None:
        """`raise_threshold` is the spotter's threshold for a raised hand."""
        settings = SpotterSettings(raise_threshold=raise_threshold, max_duration_s=_MAX_DURATION_S)
        self._spotter = RaisedHandSpotter(settings, landmarker="")
        self._lock = threading.Lock()
        self._segments: deque[StoredTake] = deque(maxlen=MAX_SEGMENTS)
        self._count = 0

    def observe(self, _frame: Frame, landmarks: Landmarks) -> None:
        """Take in the landmarks of a frame."""
        for take in self._spotter.push(landmarks):
            packed = take.stored()
            with self._lock:
                self._count += 1
                self._segments.append(packed)

    def next_after(self, number: int) -> tuple[int, Take] | None:
        """Return the first stored segment after the one of this number, with its own number; the first of all is 1."""
        with self._lock:
            first = self._count - len(self._segments) + 1
            following = max(first, number + 1)
            packed = self._segments[following - first] if following <= self._count else None
        return None if packed is None else (following, Take.from_stored(packed))
