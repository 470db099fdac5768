"""A camera of the network that shows a real signer from a clip: well placed, too far away, or in the dark."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from landmarkers.frame import Image
from tests.device.device import CheckFailed

_HEIGHT: Final = 480
_WIDTH: Final = 640
_RATE: Final = 15
_FAR: Final = 0.4
_DARK: Final = 0.06
_NOISE: Final = 3  # of 255
_REST_S: Final = 1.5  # for so long nobody is in view between two signs
_WAITING: Final = 290  # the sign in whose first picture somebody waits
_BOUNDARY: Final = "frame"


@dataclass
class ClipCamera:
    """Somebody who waits, with the first picture of a clip, and after `show_sign` signs a word again and again."""

    clips: Path
    """A folder as KArSL's, which holds clips of each sign somewhere in a folder of the sign's number."""
    is_far: bool = False
    is_dark: bool = False
    _signs: int | None = None
    _read: dict[int, list[Image]] = field(default_factory=dict)
    _noise: np.random.Generator = field(default_factory=lambda: np.random.default_rng(1))

    def show_sign(self, sign_id: int) -> None:
        """Sign a word from now on. Raises CheckFailed if there is no clip of it."""
        self._frames(sign_id)
        self._signs = sign_id

    def picture(self, at: float) -> Image:
        """Return the picture at a time in seconds, uint8 [480, 640, 3], BGR."""
        signs = self._signs
        frames = self._frames(_WAITING if signs is None else signs)
        shown = frames[0]
        if signs is not None:
            rest = round(_REST_S * _RATE)
            number = round(at * _RATE) % (len(frames) + rest)
            shown = frames[number] if number < len(frames) else np.full_like(frames[0], 90)
        placed = _placed(shown, _FAR if self.is_far else 1.0)
        lit = placed * _DARK if self.is_dark else placed
        # A sensor's noise, without which a still scene looks like a camera that is frozen.
        noise = self._noise.integers(-_NOISE, _NOISE, lit.shape, np.int16, endpoint=True)
        pictured: Image = np.clip(lit + noise, 0, 255).astype(np.uint8)
        return pictured

    def _frames(self, sign_id: int) -> list[Image]:
        if sign_id not in self._read:
            found = sorted(self.clips.rglob(f"{sign_id:04}/*.mp4"))
            if not found:
                raise CheckFailed(f"{self.clips} has no clip of sign {sign_id}")
            self._read[sign_id] = list(_frames_of(found[0]))
        return self._read[sign_id]


def _frames_of(clip: Path) -> Iterator[Image]:
    video = cv2.VideoCapture(str(clip))
    rate = video.get(cv2.CAP_PROP_FPS) or _RATE
    shown_until = 0.0
    number = 0
    while True:
        is_read, frame = video.read()
        if not is_read:
            break
        if number / rate >= shown_until:
            shown_until += 1 / _RATE
            yield cv2.resize(frame, (_HEIGHT * frame.shape[1] // frame.shape[0], _HEIGHT)).astype(np.uint8)
        number += 1
    if number == 0:
        raise CheckFailed(f"{clip} cannot be read")


def _placed(frame: Image, scale: float) -> Image:
    """Return a picture with the frame in its middle, before a wall of the colour of the frame's corner."""
    wall: Image = np.empty((_HEIGHT, _WIDTH, 3), np.uint8)
    wall[:] = frame[2, 2]
    height, width = round(frame.shape[0] * scale), min(_WIDTH, round(frame.shape[1] * scale))
    top, left = (_HEIGHT - height) // 2, (_WIDTH - width) // 2
    wall[top : top + height, left : left + width] = cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA)
    return wall


@contextmanager
def serving(camera: ClipCamera, address: str) -> Iterator[str]:
    """Serve the camera as motion JPEG; yield its address."""
    began = time.monotonic()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Print nothing."""

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", f"multipart/x-mixed-replace; boundary={_BOUNDARY}")
            self.end_headers()
            try:
                while True:
                    self._send(camera.picture(time.monotonic() - began))
                    time.sleep(1 / _RATE)
            except OSError:
                pass  # nobody watches any more

        def _send(self, picture: Image) -> None:
            jpeg = cv2.imencode(".jpg", picture)[1].tobytes()
            head = f"--{_BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
            self.wfile.write(head.encode() + jpeg + b"\r\n")
            self.wfile.flush()

    server = ThreadingHTTPServer((address, 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://{address}:{server.server_address[1]}/video"
    finally:
        server.shutdown()
