"""Finds the stretches of a stream in which a hand is up.

What happens between a hand's rise and the hands' rest is one sign where somebody makes one at a time, as when signs
are recorded. All times are in seconds of the landmarks' own times.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np

from landmarkers.frame import Landmarks
from landmarkers.layout import LEFT_SHOULDER, LEFT_WRIST, RIGHT_SHOULDER, RIGHT_WRIST, WRIST, Part
from landmarkers.take import Provenance, Take
from models.manifest import SpotterSettings

MAX_GAP_S: Final = 1.0  # a stream that stood still for longer continues no stretch
_TWITCH_S: Final = 0.15  # less is no sign
MIN_REST_S: Final = 0.3  # hands down for less do not rest


class RaisedHandSpotter:
    """Takes what happens between a hand's rise and the hands' rest for one sign, whatever the hands do."""

    def __init__(self, settings: SpotterSettings, landmarker: str) -> None:
        """`landmarker` is the fingerprint that the takes will name as theirs."""
        self._settings = settings
        self._origin = Provenance(clip="stream", landmarker=landmarker)
        self._stretch: list[Landmarks] = []
        self._raised: list[bool] = []

    def push(self, landmarks: Landmarks) -> Iterator[Take]:
        """Take in one frame's landmarks; gives at most one sign."""
        if self._stretch and landmarks.time - self._stretch[-1].time > MAX_GAP_S:
            yield from self.flush()
        raised = is_hand_raised(landmarks, self._settings.raise_threshold)
        if not self._stretch and not raised:
            return
        self._stretch.append(landmarks)
        self._raised.append(raised)
        now, last_up = landmarks.time, self._last_raised()
        rested = now - last_up.time >= max(MIN_REST_S, self._settings.end_after_s)
        if rested or now - self._stretch[0].time >= self._settings.max_duration_s:
            yield from self.flush()

    def flush(self) -> Iterator[Take]:
        """Gives the sign in hand if it is long enough to be one, and forgets it."""
        stretch, raised = self._stretch, self._raised
        self._stretch, self._raised = [], []
        while raised and not raised[-1]:
            stretch.pop()
            raised.pop()
        longest_up = _longest_run(stretch, raised)
        if stretch and longest_up >= self._settings.start_after_s and _duration(stretch) >= _TWITCH_S:
            yield Take.from_landmarks(stretch, self._origin)

    def _last_raised(self) -> Landmarks:
        numbers = range(len(self._raised) - 1, -1, -1)
        return self._stretch[next(number for number in numbers if self._raised[number])]


def is_hand_raised(landmarks: Landmarks, raise_threshold: float) -> bool:
    """Whether a wrist is higher than so many shoulder widths below the shoulders.

    The pose network guesses at wrists out of view, but then it puts them low. Where it sees nobody, a hand
    that the hand network sees counts as raised: somebody holds it into the camera.
    """
    hands = [landmarks.part(part)[WRIST] for part in (Part.LEFT_HAND, Part.RIGHT_HAND) if landmarks.is_visible(part)]
    if not landmarks.is_visible(Part.POSE):
        return bool(hands)
    pose = landmarks.part(Part.POSE)
    left, right = pose[LEFT_SHOULDER, :2], pose[RIGHT_SHOULDER, :2]
    line = (left[1] + right[1]) / 2 + raise_threshold * float(np.linalg.norm(left - right))
    return any(wrist[1] < line for wrist in (*hands, pose[LEFT_WRIST], pose[RIGHT_WRIST]))


def _duration(stretch: list[Landmarks]) -> float:
    return stretch[-1].time - stretch[0].time if stretch else 0.0


def _longest_run(stretch: list[Landmarks], raised: list[bool]) -> float:
    """Seconds of the longest unbroken stretch with a hand up."""
    longest, start = 0.0, None
    for landmarks, up in zip(stretch, raised, strict=True):
        start = (landmarks.time if start is None else start) if up else None
        longest = max(longest, 0.0 if start is None else landmarks.time - start)
    return longest
