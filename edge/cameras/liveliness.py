"""Tells a living picture from a black or frozen one."""

import zlib
from collections import deque
from typing import Final

import cv2
import numpy as np

from landmarkers.frame import Frame, Picture

# Of 255. Black is about 2 after JPEG; a sensor in the dark at full gain makes noise up to about 20.
_DARK: Final = 24
_BRIGHT_SHARE: Final = 0.02  # of the picture; a lamp of the camera itself under its lid is less than that
_SAMPLE_ROWS: Final = 60
# An encoder draws the same picture anew by and by, and again from each of its key pictures on, most often every second
# or two. What it changes is less than this, of 255; a person who moves changes more.
_DRAWN_ANEW: Final = 40
_REMEMBERED: Final = 150  # pictures


class Liveliness:
    """Holds each picture of an open camera against the one before it; all moments are of one clock."""

    def __init__(self, gap_s: float) -> None:
        """Living pictures further apart than `gap_s` are not of one stretch of life."""
        self._gap_s = gap_s
        self._last: Picture | None = None
        self._marks: deque[int] = deque(maxlen=_REMEMBERED)
        self._lived: float | None = None
        self._lives_since: float | None = None

    def fault(self, shot: Frame) -> str | None:
        """What is wrong with the picture, as the end of a sentence about the camera; None when it lives.

        One picture proves nothing: cameras begin black, and repeat a picture when light is scarce.
        """
        last, self._last = self._last, shot.picture
        mark = zlib.crc32(_sample(shot.picture).tobytes())
        came_before = mark in self._marks
        self._marks.append(mark)
        self._lived = shot.time if self._lived is None else self._lived
        if is_black(shot.picture):
            return "gives nothing but black; is its lens covered or the room dark?"
        if last is not None and (is_same(last, shot.picture) or (came_before and is_near(last, shot.picture))):
            return "is frozen: it gives the same picture again and again"
        if self._lives_since is None or self.dead_s(shot.time) >= self._gap_s:
            self._lives_since = shot.time
        self._lived = shot.time
        return None

    def dead_s(self, moment: float) -> float:
        """How long no picture has lived, counted from the first one."""
        return 0.0 if self._lived is None else moment - self._lived

    @property
    def alive_s(self) -> float:
        """How long pictures have lived up to the last one that did."""
        return 0.0 if self._lived is None or self._lives_since is None else self._lived - self._lives_since


def is_black(picture: Picture) -> bool:
    """Whether hardly anything in the picture is brighter than the dark."""
    sample = _sample(picture)
    return bool(np.count_nonzero(sample > _DARK) <= _BRIGHT_SHARE * sample.size)


def is_same(one: Picture, other: Picture) -> bool:
    """Whether two pictures are equal to the last bit, which no sensor manages twice.

    A stream whose encoder finds nothing new in a still scene may; it lives again with the first movement.
    """
    return np.array_equal(_sample(one), _sample(other)) and np.array_equal(one, other)


def is_near(one: Picture, other: Picture) -> bool:
    """Whether no more has changed from one picture to the other than an encoder changes by itself."""
    return one.shape == other.shape and bool((cv2.absdiff(_sample(one), _sample(other)) < _DRAWN_ANEW).all())


def _sample(picture: Picture) -> Picture:
    step = max(1, min(picture.shape[:2]) // _SAMPLE_ROWS)
    return picture[::step, ::step]
