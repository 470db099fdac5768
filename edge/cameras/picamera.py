"""Reads a Raspberry Pi's camera through picamera2, which Debian packages; imported only here and only on demand.

Names and behaviour: the Picamera2 manual, https://datasheets.raspberrypi.com/camera/picamera2-manual.pdf.
"""

import logging
import os
from typing import Any, Final

from edge.cameras.camera import CameraLost
from edge.cameras.device import Pixels
from edge.config import CameraConfig
from edge.libraries import LibraryMissing

_SIZE: Final = (640, 480)
_FRAMES_PER_S: Final = 30
_TIMEOUT_S: Final = 4.0
_BGR: Final = "RGB888"  # libcamera names channels by their order in a word, from the highest byte down
_MICROSECONDS: Final = 1_000_000


def require_picamera2() -> None:
    """Import the library. Raises LibraryMissing."""
    # Both log a missing camera at every attempt; here it is logged once. A variable of the user takes precedence.
    os.environ.setdefault("LIBCAMERA_LOG_LEVELS", "*:ERROR")
    logging.getLogger("picamera2").setLevel(logging.CRITICAL)
    try:
        import picamera2  # noqa: F401
    except ImportError as error:
        raise LibraryMissing(
            f"a picamera: source needs picamera2, which cannot be loaded here ({error}); on a Raspberry Pi: "
            "apt install python3-picamera2, in a venv made with --system-site-packages"
        ) from error


class Picamera:
    """An open camera on the ribbon cable."""

    def __init__(self, number: int, config: CameraConfig) -> None:
        """Open camera `number`, counted from 0. Raises CameraLost."""
        from picamera2 import Picamera2

        self._name = f"picamera:{number}"
        self._request: Any = None
        try:
            # Counted first, because each attempt to open an absent camera would cost two file descriptors.
            connected = len(Picamera2.global_camera_info())
            if number >= connected:
                raise CameraLost(f"the camera {self._name} is absent: {connected} are connected; check its cable")
            self._camera: Any = Picamera2(number)
        except RuntimeError as error:
            raise CameraLost(
                f"the camera {self._name} cannot be opened ({error}); check that no other program uses it"
            ) from error
        try:
            self._start(config)
        except RuntimeError as error:
            self.close()
            raise CameraLost(f"the camera {self._name} cannot be started: {error}") from error

    @property
    def pixel_aspect(self) -> float:
        """Return that of square pixels."""
        return 1.0

    def grab(self) -> bool:
        """Wait for the next image. Raises CameraLost."""
        self._release_request()
        try:
            self._request = self._camera.capture_request(wait=_TIMEOUT_S)
        except (RuntimeError, TimeoutError) as error:
            raise CameraLost(f"the camera {self._name} delivers no more images; check its cable") from error
        return True

    def retrieve(self) -> Pixels:
        """Return a copy of the grabbed image, BGR."""
        pixels: Pixels = self._request.make_array("main")
        return pixels

    def close(self) -> None:
        """Release the camera. Raises CameraLost when libcamera refuses."""
        self._release_request()
        try:
            self._camera.close()
        except RuntimeError as error:
            raise CameraLost(f"the camera {self._name} cannot be released: {error}") from error

    def _start(self, config: CameraConfig) -> None:
        size = _SIZE if config.size_px is None else config.size_px
        frame_us = _MICROSECONDS // (config.frames_per_s or _FRAMES_PER_S)
        # Half of the sensor's size each way: without it a small image is cropped from the sensor's middle.
        width, height = self._camera.sensor_resolution
        self._camera.configure(
            self._camera.create_video_configuration(
                main={"size": size, "format": _BGR},
                raw={"size": (width // 2, height // 2)},
                controls={"FrameDurationLimits": (frame_us, frame_us)},
            )
        )
        self._camera.start()

    def _release_request(self) -> None:
        """Release the buffer of the last image, which the camera needs for the next ones."""
        if self._request is not None:
            self._request.release()
            self._request = None
