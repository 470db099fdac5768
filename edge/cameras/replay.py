"""Plays recorded takes in place of a camera and its landmark networks."""

import threading
from collections.abc import Iterator, Sequence

import numpy as np

from edge.cameras.pace import paced, until_stopped
from landmarkers.frame import Frame, Landmarks
from landmarkers.frame_clock import FrameClock
from landmarkers.take import Take

PAUSE_S = 1.0  # nobody is in view for so long after each of several takes
_PAUSE_STEP_S = 0.1
_INTERVAL_S = 1.0 / 30.0  # where the times of a take jump


class TakeReplay:
    """A camera and landmarker in one: its frames hold no image, and the landmarks of each are the take's own."""

    def __init__(self, takes: Sequence[Take], *, paced: bool, loop: bool = False) -> None:
        """With `loop` the takes start again whenever they have ended."""
        self._recorded = list(_concatenate(takes, pauses=loop or len(takes) > 1))
        self._loop = loop
        self._landmarks: dict[float, Landmarks] = {}
        self._fingerprint = takes[0].provenance.landmarker
        self._paced = paced
        self._stopped = threading.Event()

    @property
    def fingerprint(self) -> str:
        """The landmarker that made the takes."""
        return self._fingerprint

    def frames(self) -> Iterator[Frame]:
        """Yield a frame without an image for each time of the takes."""
        frames = self._play()
        return paced(frames, self._stopped) if self._paced else until_stopped(frames, self._stopped)

    def detect(self, frame: Frame) -> Landmarks:
        """Return the recorded landmarks of a frame of this replay."""
        return self._landmarks[frame.time]

    def stop(self) -> None:
        """End after the current frame."""
        self._stopped.set()

    def close(self) -> None:
        """Do nothing: a replay holds no networks."""

    def _play(self) -> Iterator[Frame]:
        no_image = np.zeros((0, 0, 3), np.uint8)
        start = 0.0
        while True:
            shifted = (Landmarks(one.points, start + one.time) for one in self._recorded)
            self._landmarks = {one.time: one for one in shifted}
            for time in self._landmarks:
                yield Frame(no_image, time)
            if not self._loop:
                return
            start = max(self._landmarks) + _PAUSE_STEP_S


def _concatenate(takes: Sequence[Take], *, pauses: bool) -> Iterator[Landmarks]:
    """Yield the landmarks of all takes on one clock from zero, with `pauses` nobody in view for a while after each."""
    start = 0.0
    for take in takes:
        clock, end = FrameClock(_INTERVAL_S), start
        for landmarks in take.landmarks():
            end = start + clock.advance(landmarks.time)
            yield Landmarks(landmarks.points, end)
        start = end
        if pauses:
            for number in range(1, round(PAUSE_S / _PAUSE_STEP_S)):
                yield Landmarks.empty(end + number * _PAUSE_STEP_S)
            start += PAUSE_S
