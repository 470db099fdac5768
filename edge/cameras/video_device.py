"""Reads a live camera or network stream through OpenCV."""

import logging
import threading
import time
from collections.abc import Iterator

import cv2
import numpy as np

from edge.cameras.camera import CameraLost, Wanted, every_frame
from landmarkers.frame import Frame

log = logging.getLogger(__name__)

_OPEN_TIMEOUT_MS = 10_000
_READ_TIMEOUT_MS = 5_000
_RETRY_S = 2.0


class VideoDevice:
    """A V4L2 camera or an RTSP or HTTP stream; times count from its first frame on the monotonic clock."""

    def __init__(self, source: str, *, again: bool, wanted: Wanted = every_frame) -> None:
        """`again` tries a camera that is away or lost anew for ever, with one log line when lost and one when back.

        Of frames that are not `wanted` no picture is made.
        """
        self._source = source
        self._again = again
        self._wanted = wanted
        self._began: float | None = None
        self._stopped = threading.Event()

    def frames(self) -> Iterator[Frame]:
        """Frames as they come. Raises CameraLost when the camera is away or lost and not to be tried again."""
        lost = False
        while not self._stopped.is_set():
            try:
                for frame in self._read():
                    if lost:
                        log.warning("the camera %s is back", self._source)
                        lost = False
                    yield frame
            except CameraLost as error:
                if not self._again:
                    raise
                if not lost:
                    log.warning("%s; trying again until it is back", error)
                lost = True
                self._stopped.wait(_RETRY_S)

    def stop(self) -> None:
        """End after the frame in hand."""
        self._stopped.set()

    def _read(self) -> Iterator[Frame]:
        capture = self._open()
        try:
            while not self._stopped.is_set() and capture.grab():
                now = time.monotonic()
                self._began = now if self._began is None else self._began
                if not self._wanted(now - self._began):
                    continue
                there, picture = capture.retrieve()
                if not there:
                    break
                yield Frame(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False), now - self._began)
            if not self._stopped.is_set():
                raise CameraLost(f"the camera {self._source} gives no more pictures")
        finally:
            capture.release()

    def _open(self) -> cv2.VideoCapture:
        if self._source.startswith("/dev/"):
            capture = cv2.VideoCapture(self._source, cv2.CAP_V4L2)
            capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        else:
            # Without these a read from a stream that went silent blocks for ever.
            limits = [
                cv2.CAP_PROP_OPEN_TIMEOUT_MSEC,
                _OPEN_TIMEOUT_MS,
                cv2.CAP_PROP_READ_TIMEOUT_MSEC,
                _READ_TIMEOUT_MS,
            ]
            capture = cv2.VideoCapture(self._source, cv2.CAP_FFMPEG, limits)
        if not capture.isOpened():
            capture.release()
            raise CameraLost(f"the camera {self._source} cannot be opened; is it plugged in and free?")
        return capture
