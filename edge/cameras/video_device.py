"""Reads a V4L2 (USB) camera or a network stream through OpenCV."""

import os
from typing import Final

import cv2

from edge.cameras.camera import CameraLost
from edge.cameras.device import Pixels
from edge.config import CameraConfig

# Long enough for a network camera that sends a whole picture only every few seconds; see Patience for the other side.
_LIMIT_MS: Final = 6_000
_V4L2_LIMIT_S: Final = 4
_FATAL: Final = 8  # FFmpeg's log level
_UNCOMPRESSED: Final = 640 * 480  # more pixels than these do not fit through USB 2 thirty times a second


class VideoDevice:
    """An open `/dev/…` camera or RTSP or HTTP stream. A stream comes in the size and at the rate that it is sent in."""

    def __init__(self, source: str, name: str, options: CameraConfig) -> None:
        """Open it; `name` is what it is called in sentences. Raises CameraLost."""
        self._name = name
        _keep_libraries_quiet()
        if source.startswith("/dev/"):
            self._capture = _open_v4l2(source, options)
        else:
            # Without these a stream that went silent blocks for ever.
            limits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, _LIMIT_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, _LIMIT_MS]
            self._capture = cv2.VideoCapture(source, cv2.CAP_FFMPEG, limits)
        if not self._capture.isOpened():
            self._capture.release()
            raise CameraLost(f"the camera {name} cannot be opened; is it plugged in and free?")

    def grab(self) -> None:
        """Wait for the next picture. Raises CameraLost."""
        if not self._capture.grab():
            raise CameraLost(f"the camera {self._name} gives no more pictures")

    def retrieve(self) -> Pixels:
        """Decode what was grabbed, BGR. Raises CameraLost."""
        there, pixels = self._capture.retrieve()
        if not there:
            raise CameraLost(f"the camera {self._name} gives pictures that cannot be decoded")
        return pixels

    def close(self) -> None:
        """Give it back."""
        self._capture.release()


def _open_v4l2(path: str, options: CameraConfig) -> cv2.VideoCapture:
    """A camera takes the size and rate nearest to what is asked for, or keeps its own."""
    capture = cv2.VideoCapture(path, cv2.CAP_V4L2)
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
    if options.size_px is not None:
        width, height = options.size_px
        if width * height > _UNCOMPRESSED:
            capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, width)
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, height)
    if options.frames_per_s is not None:
        capture.set(cv2.CAP_PROP_FPS, options.frames_per_s)
    return capture


def _keep_libraries_quiet() -> None:
    """Let a camera that is away be told of once and not by OpenCV and FFmpeg with every try; variables go before this.

    OpenCV reads the variables when it opens its first camera. It has no other way to shorten the 10 s that it waits
    for a picture of a V4L2 camera.
    """
    os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", str(_V4L2_LIMIT_S))
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", str(_FATAL))
    if "OPENCV_LOG_LEVEL" not in os.environ:
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)
