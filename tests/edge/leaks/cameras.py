"""A network camera that hangs up again and again."""

import os
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Final

import cv2
import numpy as np

from edge.cameras.fault_monitor import CameraTimeouts
from edge.cameras.live import LiveCamera
from edge.cameras.network_address import NetworkAddress
from edge.cameras.network_camera import NetworkCameraOpener
from edge.config import CameraConfig
from tests.edge.leaks.closing_server import ClosingServer
from tests.edge.leaks.situation import Situation

_HEAD: Final = b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace;boundary=part\r\n\r\n"
_IMAGES: Final = 5  # a connection
_RETRY_S: Final = 0.01
_SIDE: Final = 480


@contextmanager
def reopened_camera() -> Iterator[Situation]:
    """Yield the situation in which each round opens the camera again and reads its images."""
    images = b"".join(_encode(seed) for seed in range(_IMAGES))

    def serve(client: socket.socket) -> None:
        client.recv(4096)
        client.sendall(_HEAD + images)

    with closing(ClosingServer(serve)) as server:
        address = NetworkAddress.parse(f"http://127.0.0.1:{server.port}/")
        assert address is not None
        config, timeouts = CameraConfig(), CameraTimeouts(retry_s=_RETRY_S, longest_retry_s=_RETRY_S)
        opener = NetworkCameraOpener(address, config)
        camera = LiveCamera(address.name, opener.open, config, reconnect=True, timeouts=timeouts)
        frames = camera.frames()

        def read_until_reopened() -> None:
            before = server.served
            while server.served == before:
                next(frames)

        try:
            yield Situation(read_until_reopened, os.getpid())
        finally:
            camera.stop()
            for _ in frames:  # until the device is released
                pass


def _encode(seed: int) -> bytes:
    """Return an image as a part of the stream."""
    pixels = np.random.default_rng(seed).integers(60, 200, (_SIDE, _SIDE, 3), np.uint8)
    encoded = cv2.imencode(".jpg", pixels)[1].tobytes()
    return b"--part\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s\r\n" % (len(encoded), encoded)
