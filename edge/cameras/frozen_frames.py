"""Detects black and frozen images of a live camera."""

import zlib
from collections import deque
from dataclasses import dataclass
from typing import Final, Self

import cv2
import numpy as np

from landmarkers.frame import Frame, Image

BLACK: Final = "delivers nothing but black"
FROZEN: Final = "is frozen"
"""Begin the sentences about a camera of which no frames come though it delivers images."""

# Of 255. Black is about 2 after JPEG; a sensor in the dark at full gain makes noise up to about 20.
_DARK: Final = 24
_BRIGHT_SHARE: Final = 0.02  # of the image; the camera's own lamp under its lid is less than that
# Under a lid there is noise alone, which disappears in the means of these blocks; a room in the dark does not.
_BLOCKS: Final = (8, 6)
_EVEN: Final = 3.0  # of 255, between the blocks that are darker and brighter than all but a tenth
_SAMPLE_ROWS: Final = 60
# An encoder refines the same image little by little, and again after each key frame, mostly every second or two. What
# it changes is less than this, of 255; a person who moves changes more.
_ENCODER_NOISE: Final = 40
_REMEMBERED: Final = 150  # images


class FrozenFrameDetector:
    """Compares each frame of one opening of a camera with the one before it."""

    def __init__(self, gap_s: float) -> None:
        """Good frames further apart than `gap_s` do not belong to one good period."""
        self._gap_s = gap_s
        self._last: _Sampled | None = None
        self._checksums: deque[int] = deque(maxlen=_REMEMBERED)
        self._good_at: float | None = None
        self._good_since: float | None = None

    def find_fault(self, frame: Frame) -> str | None:
        """Return the fault of the image as the end of a sentence about the camera; None when it is good.

        One image proves nothing: cameras begin black, and repeat an image when light is scarce.
        """
        sampled = _Sampled.of(frame.image)
        last, self._last = self._last, sampled
        checksum = zlib.crc32(sampled.sample.data)
        was_seen_before = checksum in self._checksums
        self._checksums.append(checksum)
        self._good_at = frame.time if self._good_at is None else self._good_at
        if sampled.is_black():
            return f"{BLACK}; check that its lens is not covered and that the room is lit"
        if last is not None and (sampled.is_same_as(last) or (was_seen_before and sampled.is_near(last))):
            return f"{FROZEN}: it delivers the same image again and again"
        if self._good_since is None or self.bad_for_s(frame.time) >= self._gap_s:
            self._good_since = frame.time
        self._good_at = frame.time
        return None

    def bad_for_s(self, time: float) -> float:
        """Return for how many seconds no image has been good at this time, counted from the first one."""
        return 0.0 if self._good_at is None else time - self._good_at

    @property
    def good_for_s(self) -> float:
        """The length in seconds of the good period that the last good image ended."""
        return 0.0 if self._good_at is None or self._good_since is None else self._good_at - self._good_since


@dataclass(frozen=True, slots=True, eq=False)
class _Sampled:
    """An image with a sample of its pixels, which mostly suffices to compare it."""

    image: Image
    sample: Image

    @classmethod
    def of(cls, image: Image) -> Self:
        """Sample about 60 rows of the image, and columns at the same step."""
        step = max(1, min(image.shape[:2]) // _SAMPLE_ROWS)
        # A copy of 14 kB of VGA, since each of the comparisons would take several times as long on a strided view.
        return cls(image, np.ascontiguousarray(image[::step, ::step]))

    def is_black(self) -> bool:
        """Return True if hardly any pixel is brighter than the dark, and there is nothing to be seen in it."""
        if np.count_nonzero(self.sample > _DARK) > _BRIGHT_SHARE * self.sample.size:
            return False
        blocks = cv2.resize(self.sample.astype(np.float32), _BLOCKS, interpolation=cv2.INTER_AREA).mean(axis=2)
        low, high = np.percentile(blocks, (10.0, 90.0))
        return bool(high - low < _EVEN)

    def is_same_as(self, other: "_Sampled") -> bool:
        """Return True if two images are equal to the last bit, which no sensor manages twice.

        A stream whose encoder finds nothing new in a still scene may; it is good again with the first movement.
        """
        return np.array_equal(self.sample, other.sample) and np.array_equal(self.image, other.image)

    def is_near(self, other: "_Sampled") -> bool:
        """Return True if no more has changed between two images than an encoder changes by itself."""
        if self.sample.shape != other.sample.shape:
            return False
        return bool((cv2.absdiff(self.sample, other.sample) < _ENCODER_NOISE).all())
