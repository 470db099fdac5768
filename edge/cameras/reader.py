"""Reads a device on a thread of its own, because drivers hang and a hanging call cannot be ended from outside.

Not in a process of its own, which could be killed: that would cost a small computer some 60 MB and a copy of every
picture. Each device's calls have a time limit, so that a call which never returns is a fault of a driver; then the
thread is left behind, and it gives the device back should it ever return.
"""

import threading
import time
from collections.abc import Callable
from contextlib import closing
from typing import Final

from edge.cameras.camera import CameraLost
from edge.cameras.device import OpenDevice, Pixels
from landmarkers.frame import Frame, Image

_THREAD: Final = "device"


class Reader:
    """One opening of a device; keeps the newest picture."""

    def __init__(
        self, open_device: OpenDevice, wanted: Callable[[float], bool], develop: Callable[[Pixels], Image]
    ) -> None:
        """Begin to read; a picture is developed if its moment on the monotonic clock is `wanted`."""
        self._open_device = open_device
        self._wanted = wanted
        self._develop = develop
        self._changed = threading.Condition()
        self._shot: Frame | None = None
        self._ended = False
        self._error: CameraLost | None = None
        self._left = threading.Event()
        self.heard_at = time.monotonic()
        """When the device last gave a picture, wanted or not, or was opened."""
        # A daemon thread: a driver that hangs must not keep the program from leaving.
        self._thread = threading.Thread(target=self._read, name=_THREAD, daemon=True)
        self._thread.start()

    @property
    def is_busy(self) -> bool:
        """Whether the thread still holds the device."""
        return self._thread.is_alive()

    def newest(self, wait_s: float) -> Frame | None:
        """The newest picture, each once, with its moment on the monotonic clock; None when none comes in this time.

        Raises CameraLost when the device is lost.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._shot is not None or self._ended, wait_s)
            shot, self._shot = self._shot, None
            if shot is None and self._ended:
                raise self._error or CameraLost("the camera's thread broke; its traceback is in the log")
        return shot

    def leave(self, wait_s: float = 0.0) -> None:
        """End reading as soon as the call in hand returns, and wait this long for it."""
        self._left.set()
        self._thread.join(wait_s)

    def _read(self) -> None:
        try:
            with closing(self._open_device()) as device:
                self.heard_at = time.monotonic()
                while not self._left.is_set():
                    device.grab()
                    now = time.monotonic()
                    if self._left.is_set():
                        return
                    self.heard_at = now
                    if self._wanted(now):
                        self._put(Frame(self._develop(device.retrieve()), now))
        except CameraLost as error:
            self._error = error
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify()

    def _put(self, shot: Frame) -> None:
        with self._changed:
            self._shot = shot
            self._changed.notify()


def is_camera_thread_alive() -> bool:
    """Whether any reader's thread still holds its device, left behind or not."""
    return any(thread.name == _THREAD for thread in threading.enumerate())
