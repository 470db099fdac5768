"""Finds where somebody moves in pictures of whom no body is found, because half of them or their head is outside."""

from collections import deque
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from landmarkers.frame import Image

_SIZE: Final = (64, 48)  # columns and rows to which a picture is reduced, so that noise cancels out
_LEAST_CHANGE: Final = 12.0  # of 255, from one picture to the next
_SHARE: Final = (0.01, 0.7)  # of the cells: less is a leaf or noise; more is another light, or a camera that moves
_OUTLIERS: Final = 0.05  # of the cells that moved, at each edge of the area


@dataclass(frozen=True, slots=True)
class MovedArea:
    """The area of a picture in which something moved, as shares of its width and height."""

    left: float
    right: float
    top: float


class Motion:
    """Compares each picture with the one before, and remembers what changed in the last ones."""

    def __init__(self, pictures: int) -> None:
        """`pictures` is the number of those whose changes are remembered."""
        self._before: NDArray[np.float32] | None = None
        self._changed: deque[NDArray[np.bool_]] = deque(maxlen=pictures)

    def observe(self, image: Image) -> None:
        """Compare an image, RGB [rows, columns, 3], with the one before."""
        import cv2  # a daemon that replays takes starts without the libraries for images

        grey = cv2.cvtColor(cv2.resize(image, _SIZE, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
        now = grey.astype(np.float32)
        if self._before is not None:
            self._changed.append(np.abs(now - self._before) > _LEAST_CHANGE)
        self._before = now

    def area(self) -> MovedArea | None:
        """Return the area in which something moved in the last pictures; None if nothing or nearly everything did."""
        moved = np.any(self._changed, axis=0) if self._changed else np.zeros(_SIZE[::-1], np.bool_)
        if not _SHARE[0] <= float(moved.mean()) <= _SHARE[1]:
            return None
        rows, columns = np.nonzero(moved)
        left, right = np.quantile(columns, (_OUTLIERS, 1.0 - _OUTLIERS))
        top = np.quantile(rows, _OUTLIERS)
        width, height = _SIZE
        return MovedArea(float(left) / width, float(right + 1) / width, float(top) / height)
