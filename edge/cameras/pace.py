"""The pace of recorded frames: their own, or as fast as they are requested."""

import threading
import time
from collections.abc import Iterator

from landmarkers.frame import Frame


def until_stopped(frames: Iterator[Frame], stopped: threading.Event) -> Iterator[Frame]:
    """Yield the frames until the event is set."""
    for frame in frames:
        if stopped.is_set():
            return
        yield frame


def paced(frames: Iterator[Frame], stopped: threading.Event) -> Iterator[Frame]:
    """Yield each frame when its time has come, until the event is set."""
    began = time.monotonic()
    for frame in frames:
        if stopped.wait(max(0.0, began + frame.time - time.monotonic())):
            return
        yield frame
