"""Detects the segments of a stream in which a hand is raised.

The time from one hand rising until both are at rest is one sign if a signer makes one at a time, as in recordings.
All times are in seconds of the landmarks' own times.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from landmarkers.frame import Landmarks
from landmarkers.layout import LEFT_SHOULDER, LEFT_WRIST, RIGHT_SHOULDER, RIGHT_WRIST, WRIST, Part
from landmarkers.take import Provenance, Take
from models.manifest import SpotterSettings

MAX_GAP_S: Final = 1.0  # a longer gap in the stream ends a segment
_MIN_DURATION_S: Final = 0.15  # a shorter segment is not a sign
MIN_REST_S: Final = 0.3  # hands that are down for less do not rest


class RaisedHandSpotter:
    """Treats the time between the rise of a hand and the rest of both as one sign, whatever the hands do."""

    def __init__(self, settings: SpotterSettings, landmarker: str) -> None:
        """Start with an empty window; the takes name `landmarker`, a fingerprint, in their provenance."""
        self._settings = settings
        self._provenance = Provenance(clip="stream", landmarker=landmarker)
        self._window: list[Landmarks] = []
        self._raised: list[bool] = []

    def push(self, landmarks: Landmarks) -> Iterator[Take]:
        """Add one frame's landmarks, and yield at most one sign."""
        if self._window and landmarks.time - self._window[-1].time > MAX_GAP_S:
            yield from self.flush()
        raised = is_hand_raised(landmarks, self._settings.raise_threshold)
        if not self._window and not raised:
            return
        self._window.append(landmarks)
        self._raised.append(raised)
        now, last_raised = landmarks.time, self._last_raised()
        is_at_rest = now - last_raised.time >= max(MIN_REST_S, self._settings.end_after_s)
        if is_at_rest or now - self._window[0].time >= self._settings.max_duration_s:
            yield from self.flush()

    def flush(self) -> Iterator[Take]:
        """Yield the sign in progress if it is long enough, and reset the spotter."""
        window, raised = self._window, self._raised
        self._window, self._raised = [], []
        while raised and not raised[-1]:
            window.pop()
            raised.pop()
        longest_s = _longest_raised_s(window, raised)
        if window and longest_s >= self._settings.start_after_s and _duration_s(window) >= _MIN_DURATION_S:
            yield Take.from_landmarks(window, self._provenance)

    def _last_raised(self) -> Landmarks:
        indices = range(len(self._raised) - 1, -1, -1)
        return self._window[next(index for index in indices if self._raised[index])]


def is_hand_raised(landmarks: Landmarks, raise_threshold: float) -> bool:
    """Return True if a wrist is higher than so many shoulder widths below the shoulders.

    The pose network extrapolates wrists that are out of view, but places them low. If nobody is detected, a hand that
    the hand network detects counts as raised: it is held close to the camera.
    """
    wrists = [landmarks.part(part)[WRIST] for part in (Part.LEFT_HAND, Part.RIGHT_HAND) if landmarks.is_visible(part)]
    if not landmarks.is_visible(Part.POSE):
        return bool(wrists)
    pose = landmarks.part(Part.POSE)
    left, right = pose[LEFT_SHOULDER, :2], pose[RIGHT_SHOULDER, :2]
    line = (left[1] + right[1]) / 2 + raise_threshold * float(np.linalg.norm(left - right))
    return any(wrist[1] < line for wrist in (*wrists, pose[LEFT_WRIST], pose[RIGHT_WRIST]))


def _duration_s(window: Sequence[Landmarks]) -> float:
    return window[-1].time - window[0].time if window else 0.0


def _longest_raised_s(window: Sequence[Landmarks], raised: Sequence[bool]) -> float:
    """Return the seconds of the longest time with a hand up without interruption."""
    longest, start = 0.0, None
    for landmarks, is_raised in zip(window, raised, strict=True):
        start = (landmarks.time if start is None else start) if is_raised else None
        longest = max(longest, 0.0 if start is None else landmarks.time - start)
    return longest
