"""How fast recorded frames come: at their own pace, or as fast as they are asked for."""

import threading
import time
from collections.abc import Iterator

from landmarkers.frame import Frame


def until(frames: Iterator[Frame], stopped: threading.Event) -> Iterator[Frame]:
    """The frames until the event is set."""
    for frame in frames:
        if stopped.is_set():
            return
        yield frame


def paced(frames: Iterator[Frame], stopped: threading.Event) -> Iterator[Frame]:
    """The frames, each held back until its time has come."""
    began = time.monotonic()
    for frame in frames:
        if stopped.wait(max(0.0, began + frame.time - time.monotonic())):
            return
        yield frame
