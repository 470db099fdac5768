"""Tells a living picture from a black or frozen one."""

from typing import Final

import numpy as np

from landmarkers.frame import Picture

# Of 255. Black is about 2 after JPEG; a sensor in the dark at full gain makes noise up to about 20.
_DARK: Final = 24
_BRIGHT_SHARE: Final = 0.02  # of the picture; a lamp of the camera itself under its lid is less than that
_SAMPLE_ROWS: Final = 60


class Liveliness:
    """Holds each picture against the one before it."""

    def __init__(self) -> None:
        self._last: Picture | None = None

    def fault(self, picture: Picture) -> str | None:
        """What is wrong with the picture, as the end of a sentence about the camera; None when it lives.

        One picture proves nothing: cameras begin black, and repeat a picture when light is scarce.
        """
        last, self._last = self._last, picture
        if is_black(picture):
            return "gives nothing but black; is its lens covered or the room dark?"
        if last is not None and is_same(last, picture):
            return "is frozen: it gives the same picture again and again"
        return None


def is_black(picture: Picture) -> bool:
    """Whether hardly anything in the picture is brighter than the dark."""
    sample = _sample(picture)
    return bool(np.count_nonzero(sample > _DARK) <= _BRIGHT_SHARE * sample.size)


def is_same(one: Picture, other: Picture) -> bool:
    """Whether two pictures are equal to the last bit, which no sensor manages twice.

    A stream whose encoder finds nothing new in a still scene may; it lives again with the first movement.
    """
    return np.array_equal(_sample(one), _sample(other)) and np.array_equal(one, other)


def _sample(picture: Picture) -> Picture:
    step = max(1, min(picture.shape[:2]) // _SAMPLE_ROWS)
    return picture[::step, ::step]
