"""Small video files, and FFmpeg as a network camera."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from tests.edge.mosquitto import find_program
from tests.edge.ports import is_listening
from tests.edge.waiting import wait_until
from tests.videos import write_video


def write_clip(path: Path, *, frames: int = 10, rate: float = 10.0) -> Path:
    """Write a video file in which a grey image becomes brighter."""
    return write_video(path, (np.full((48, 64, 3), number * 255 // frames, np.uint8) for number in range(frames)), rate)


@contextmanager
def network_camera(port: int, seconds: int, *, rate: int = 25) -> Iterator[str]:
    """Serve a stream of so many seconds over HTTP to the first client; yield its address."""
    address = f"http://127.0.0.1:{port}/"
    source = f"testsrc=size=64x48:rate={rate}:duration={seconds}"
    encoding = ["-c:v", "mpeg2video", "-f", "mpegts"]
    command = [
        find_program("ffmpeg"),
        "-v",
        "error",
        "-re",
        "-f",
        "lavfi",
        "-i",
        source,
        *encoding,
        "-listen",
        "1",
        address,
    ]
    camera = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: is_listening(port), "FFmpeg")
        yield address
    finally:
        camera.kill()
        camera.wait()
