"""Decides when images that cannot be decoded mean that a camera is lost."""

import time
from typing import Final

from edge.cameras.camera import CameraLost

# One bad image is a lost packet, and to open the camera again for it would cost seconds without any. Many in a row are
# a cable, a camera or a format that only a new start mends. The number bounds a stream that has ended, of which every
# attempt fails at once; the time bounds a slow camera, and ends before the silence itself is a fault.
_MAX_IN_A_ROW: Final = 100
_MAX_S: Final = 3.0
FIRST_IMAGE_S: Final = 11.0
"""The time that a stream has for its first image, since some send a key frame only every ten seconds."""
_SILENT_S: Final = 0.5
_SILENT: Final = 3  # attempts


class DamageLimit:
    """Counts the images of one opening of a camera that failed since the last good one."""

    def __init__(self, name: str) -> None:
        """`name` is how sentences call the camera."""
        self._name = name
        self._failed = 0
        self._failing_since = self._first_failed = 0.0
        self._limit_s = FIRST_IMAGE_S

    def accept(self) -> None:
        """Take note of a good image."""
        self._failed, self._limit_s = 0, _MAX_S

    def reject(self, began: float) -> None:
        """Take note of an image for which the camera was asked at this monotonic time. Raises CameraLost."""
        now = time.monotonic()
        if self._failed == 0:
            self._failing_since, self._first_failed = began, now
        self._failed += 1
        if self._failed < _MAX_IN_A_ROW and now - self._failing_since < self._limit_s:
            return
        if self._failed < _SILENT or now - self._first_failed < _SILENT_S:
            raise CameraLost(f"the camera {self._name} delivers no more images")
        raise CameraLost(f"the camera {self._name} delivers images that cannot be decoded")
