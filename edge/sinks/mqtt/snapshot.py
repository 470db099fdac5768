"""A picture of what the device sees, taken only when somebody asks for it: the skeleton, or the camera's picture."""

import io
import threading
import time
from collections.abc import Callable
from typing import Final

from PIL import Image

from edge.monitoring.status import DeviceStatus
from edge.requests import RequestRefused
from edge.sinks.captions.message import View
from edge.sinks.captions.preview import draw_view
from edge.sinks.captions.theme import THEMES
from edge.sinks.captions.view import view_of
from landmarkers.frame import Frame, Landmarks

_SIZE: Final = 640, 480
_QUALITY: Final = 80
_WAIT_S: Final = 10.0  # for a frame, after which a request is void: nobody expects a picture of later


class Snapshots:
    """Takes one picture of the next frame after each request."""

    def __init__(self, status: DeviceStatus, wake: Callable[[], None], *, with_image: bool) -> None:
        """`wake` is called once a picture can be fetched. Without the camera's image the skeleton alone is drawn."""
        self._status = status
        self._wake = wake
        self._with_image = with_image
        self._lock = threading.Lock()
        self._wanted_until = 0.0
        self._seen: tuple[Frame, Landmarks] | None = None

    def ask(self) -> None:
        """Have a picture taken of the next frame. Raises RequestRefused while the device is paused."""
        if self._status.paused:
            raise RequestRefused("the device is paused and sees nothing; resume it first")
        with self._lock:
            self._wanted_until = time.monotonic() + _WAIT_S

    def observe(self, frame: Frame, landmarks: Landmarks) -> None:
        """Keep the frame if a picture is wanted."""
        with self._lock:
            if time.monotonic() > self._wanted_until:
                return
            self._wanted_until = 0.0
            self._seen = frame, landmarks
        self._wake()

    def fetch(self) -> bytes | None:
        """Return the picture that was asked for, as JPEG, once; None if there is none."""
        with self._lock:
            seen, self._seen = self._seen, None
        if seen is None:
            return None
        return draw(view_of(*seen, 0.0, with_image=self._with_image))


def draw(view: View) -> bytes:
    """Return a view as a JPEG of 640x480."""
    theme = THEMES["dark"]
    picture = Image.new("RGB", _SIZE, theme.background)
    draw_view(picture, view, theme, mirrored=False, brightness=1.0)
    content = io.BytesIO()
    picture.save(content, "JPEG", quality=_QUALITY)
    return content.getvalue()
