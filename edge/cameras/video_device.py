"""Reads a V4L2 (USB) camera or a network stream through OpenCV."""

import os
from typing import Final

import cv2

from edge.cameras.camera import CameraLost
from edge.cameras.damage_limit import FIRST_IMAGE_S
from edge.cameras.device import Pixels
from edge.config import CameraConfig
from landmarkers.opencv_log import silence_opencv
from landmarkers.pixel_shape import reported_aspect

STREAM_TIMEOUT_S: Final = 6.0
"""To open a stream; CameraTimeouts bounds it from above."""
_V4L2_TIMEOUT_S: Final = 4
_STREAM_OPTIONS: Final = "rtsp_transport;tcp|fpsprobesize;0"  # the first is OpenCV's own default
_MAX_RAW_PIXELS: Final = 640 * 480  # more do not fit through USB 2 thirty times a second


class VideoDevice:
    """An open `/dev/…` camera or RTSP or HTTP stream; a stream keeps the size and rate at which it is sent."""

    def __init__(
        self, source: str, name: str, config: CameraConfig, *, open_timeout_s: float = STREAM_TIMEOUT_S
    ) -> None:
        """Open it; `name` is how sentences call it. Raises CameraLost."""
        self._name = name
        silence_opencv()  # an absent camera would be logged at every attempt
        _set_options()
        self._is_stream = "://" in source
        self._capture = _open_stream(source, open_timeout_s) if self._is_stream else _open_v4l2(source, config)
        if not self._capture.isOpened():
            self._capture.release()
            raise CameraLost(
                f"the camera {name} cannot be opened; check that it is plugged in and that no other program uses it"
            )

    @property
    def pixel_aspect(self) -> float:
        """Return what the stream tells at present."""
        if not self._is_stream:
            return 1.0
        return reported_aspect(self._capture.get(cv2.CAP_PROP_SAR_NUM), self._capture.get(cv2.CAP_PROP_SAR_DEN))

    def grab(self) -> bool:
        """Wait for the next image; OpenCV tells neither a damaged one nor a silent camera from the end of a stream."""
        return self._capture.grab()

    def retrieve(self) -> Pixels | None:
        """Decode the grabbed image, BGR, if it can be decoded."""
        is_decoded, pixels = self._capture.retrieve()
        return pixels if is_decoded and pixels.size else None

    def close(self) -> None:
        """Release the camera."""
        self._capture.release()


def _open_stream(address: str, open_timeout_s: float) -> cv2.VideoCapture:
    # Without these a stream that goes silent blocks for ever.
    open_ms, read_ms = round(open_timeout_s * 1000), round(FIRST_IMAGE_S * 1000)
    timeouts = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, open_ms, cv2.CAP_PROP_READ_TIMEOUT_MSEC, read_ms]
    return cv2.VideoCapture(address, cv2.CAP_FFMPEG, timeouts)


def _open_v4l2(path: str, config: CameraConfig) -> cv2.VideoCapture:
    """Open a camera, which takes the nearest size and rate to those of the configuration, or keeps its own."""
    capture = cv2.VideoCapture(path, cv2.CAP_V4L2)
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
    if config.size_px is not None:
        width, height = config.size_px
        if width * height > _MAX_RAW_PIXELS:
            capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, width)
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, height)
    if config.frames_per_s is not None:
        capture.set(cv2.CAP_PROP_FPS, config.frames_per_s)
    return capture


def _set_options() -> None:
    """Set what OpenCV reads from variables when it opens its first camera; the user's take precedence.

    It has no other way to shorten the 10 s that it waits
    for an image of a V4L2 camera, nor to keep FFmpeg from measuring the rate of a stream: that takes twenty images,
    four seconds of a camera that sends five a second, and leaves them waiting, so that every later image comes late.
    """
    os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", str(_V4L2_TIMEOUT_S))
    os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", _STREAM_OPTIONS)
