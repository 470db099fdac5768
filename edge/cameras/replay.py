"""Plays recorded takes in the place of a camera and its landmark networks."""

import threading
from collections.abc import Iterator, Sequence

import numpy as np

from edge.cameras.pace import paced, until
from landmarkers.frame import Frame, Landmarks
from landmarkers.take import Take

PAUSE_S = 1.0  # nobody is seen for so long after each take of several
_PAUSE_STEP_S = 0.1


class TakeReplay:
    """Camera and landmarker in one: its frames hold no picture, and each one's landmarks are the take's own."""

    def __init__(self, takes: Sequence[Take], *, paced: bool, again: bool = False) -> None:
        """`again` starts the takes anew whenever they have ended."""
        self._recorded = list(_one_after_another(takes, pauses=again or len(takes) > 1))
        self._again = again
        self._landmarks: dict[float, Landmarks] = {}
        self._fingerprint = takes[0].provenance.landmarker
        self._paced = paced
        self._stopped = threading.Event()

    @property
    def fingerprint(self) -> str:
        """The landmarker that made the takes."""
        return self._fingerprint

    def frames(self) -> Iterator[Frame]:
        """A frame without a picture for each of the takes' times."""
        frames = self._play()
        return paced(frames, self._stopped) if self._paced else until(frames, self._stopped)

    def detect(self, frame: Frame) -> Landmarks:
        """The recorded landmarks of a frame that this replay gave."""
        return self._landmarks[frame.time]

    def stop(self) -> None:
        """End after the frame in hand."""
        self._stopped.set()

    def close(self) -> None:
        """There is nothing to give up."""

    def _play(self) -> Iterator[Frame]:
        nothing = np.zeros((0, 0, 3), np.uint8)
        start = 0.0
        while True:
            moved = (Landmarks(one.points, start + one.time) for one in self._recorded)
            self._landmarks = {one.time: one for one in moved}
            for time in self._landmarks:
                yield Frame(nothing, time)
            if not self._again:
                return
            start = max(self._landmarks) + _PAUSE_STEP_S


def _one_after_another(takes: Sequence[Take], *, pauses: bool) -> Iterator[Landmarks]:
    """All takes on one clock from zero, with `pauses` nobody in view for a while after each."""
    clock = 0.0
    for take in takes:
        for landmarks in take.landmarks():
            yield Landmarks(landmarks.points, clock + landmarks.time - float(take.times[0]))
        clock += take.duration
        if pauses:
            for number in range(1, round(PAUSE_S / _PAUSE_STEP_S)):
                yield Landmarks.empty(clock + number * _PAUSE_STEP_S)
            clock += PAUSE_S
