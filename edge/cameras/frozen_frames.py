"""Tells a living picture from a black or frozen one."""

import zlib
from collections import deque
from dataclasses import dataclass
from typing import Final, Self

import cv2
import numpy as np

from landmarkers.frame import Frame, Image

# Of 255. Black is about 2 after JPEG; a sensor in the dark at full gain makes noise up to about 20.
_DARK: Final = 24
_BRIGHT_SHARE: Final = 0.02  # of the picture; a lamp of the camera itself under its lid is less than that
_SAMPLE_ROWS: Final = 60
# An encoder draws the same picture anew by and by, and again from each of its key pictures on, most often every second
# or two. What it changes is less than this, of 255; a person who moves changes more.
_DRAWN_ANEW: Final = 40
_REMEMBERED: Final = 150  # pictures


class FrozenFrameDetector:
    """Holds each picture of an open camera against the one before it; all moments are of one clock."""

    def __init__(self, gap_s: float) -> None:
        """Living pictures further apart than `gap_s` are not of one stretch of life."""
        self._gap_s = gap_s
        self._last: _Sampled | None = None
        self._marks: deque[int] = deque(maxlen=_REMEMBERED)
        self._lived: float | None = None
        self._lives_since: float | None = None

    def fault(self, shot: Frame) -> str | None:
        """What is wrong with the picture, as the end of a sentence about the camera; None when it lives.

        One picture proves nothing: cameras begin black, and repeat a picture when light is scarce.
        """
        now = _Sampled.of(shot.image)
        last, self._last = self._last, now
        mark = zlib.crc32(now.sample.tobytes())
        came_before = mark in self._marks
        self._marks.append(mark)
        self._lived = shot.time if self._lived is None else self._lived
        if now.is_black():
            return "gives nothing but black; is its lens covered or the room dark?"
        if last is not None and (now.is_same_as(last) or (came_before and now.is_near(last))):
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


@dataclass(frozen=True, slots=True, eq=False)
class _Sampled:
    """A picture with some of its pixels, which mostly suffice."""

    picture: Image
    sample: Image

    @classmethod
    def of(cls, picture: Image) -> Self:
        """The picture with about 60 rows of it, and as many columns as go with them."""
        step = max(1, min(picture.shape[:2]) // _SAMPLE_ROWS)
        return cls(picture, picture[::step, ::step])

    def is_black(self) -> bool:
        """Whether hardly anything in the picture is brighter than the dark."""
        return bool(np.count_nonzero(self.sample > _DARK) <= _BRIGHT_SHARE * self.sample.size)

    def is_same_as(self, other: "_Sampled") -> bool:
        """Whether two pictures are equal to the last bit, which no sensor manages twice.

        A stream whose encoder finds nothing new in a still scene may; it lives again with the first movement.
        """
        return np.array_equal(self.sample, other.sample) and np.array_equal(self.picture, other.picture)

    def is_near(self, other: "_Sampled") -> bool:
        """Whether no more has changed from one picture to the other than an encoder changes by itself."""
        if self.sample.shape != other.sample.shape:
            return False
        return bool((cv2.absdiff(self.sample, other.sample) < _DRAWN_ANEW).all())
