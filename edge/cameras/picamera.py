"""Reads a Raspberry Pi's camera through picamera2, which Debian packages; it is imported only here and when asked for.

Names and behaviour: the Picamera2 manual, https://datasheets.raspberrypi.com/camera/picamera2-manual.pdf.
"""

import logging
import os
from typing import Any, Final

from edge.cameras.camera import CameraLost, LibraryMissing
from edge.cameras.device import Pixels
from edge.config import CameraConfig

_SIZE: Final = (640, 480)
_FRAMES_PER_S: Final = 30
_LIMIT_S: Final = 4.0
_BGR: Final = "RGB888"  # libcamera names channels as they lie in a word, from the highest byte down
_MICROSECONDS: Final = 1_000_000


def need_picamera2() -> None:
    """Import the library. Raises LibraryMissing."""
    # Both tell of a missing camera with every try; here it is told once. A variable of the user goes before this.
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

    def __init__(self, number: int, options: CameraConfig) -> None:
        """Open camera `number`, counted from 0. Raises CameraLost."""
        from picamera2 import Picamera2

        self._name = f"picamera:{number}"
        self._request: Any = None
        try:
            # Asked first, because each try to open a camera that is not there would cost two file descriptors.
            connected = len(Picamera2.global_camera_info())
            if number >= connected:
                raise CameraLost(
                    f"the camera {self._name} is not there: {connected} are connected; is its cable right?"
                )
            self._camera: Any = Picamera2(number)
        except RuntimeError as error:
            raise CameraLost(f"the camera {self._name} cannot be opened; is it free? ({error})") from error
        try:
            self._start(options)
        except RuntimeError as error:
            self.close()
            raise CameraLost(f"the camera {self._name} cannot be started: {error}") from error

    def grab(self) -> None:
        """Wait for the next picture. Raises CameraLost."""
        self._give_back_request()
        try:
            self._request = self._camera.capture_request(wait=_LIMIT_S)
        except (RuntimeError, TimeoutError) as error:
            raise CameraLost(f"the camera {self._name} gives no more pictures; is its cable right?") from error

    def retrieve(self) -> Pixels:
        """A copy of what was grabbed, BGR."""
        pixels: Pixels = self._request.make_array("main")
        return pixels

    def close(self) -> None:
        """Give it back. Raises CameraLost when libcamera refuses."""
        self._give_back_request()
        try:
            self._camera.close()
        except RuntimeError as error:
            raise CameraLost(f"the camera {self._name} cannot be given back: {error}") from error

    def _start(self, options: CameraConfig) -> None:
        size = _SIZE if options.size_px is None else options.size_px
        frame_us = _MICROSECONDS // (options.frames_per_s or _FRAMES_PER_S)
        # Half of the sensor's size each way: without it a small picture is cut out of the sensor's middle.
        wide, tall = self._camera.sensor_resolution
        self._camera.configure(
            self._camera.create_video_configuration(
                main={"size": size, "format": _BGR},
                raw={"size": (wide // 2, tall // 2)},
                controls={"FrameDurationLimits": (frame_us, frame_us)},
            )
        )
        self._camera.start()

    def _give_back_request(self) -> None:
        """A picture that is kept is a buffer that the camera lacks."""
        if self._request is not None:
            self._request.release()
            self._request = None
