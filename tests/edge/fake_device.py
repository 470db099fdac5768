"""A camera that a test plays: it gives what it is told to, or hangs, or is not there."""

import threading
import time
from collections.abc import Callable
from itertools import count

import numpy as np

from edge.cameras.camera import CameraLost
from edge.cameras.device import Pixels

Show = Callable[[], Pixels]

_STEP_S = 0.02
_numbers = count()


def living() -> Pixels:
    """A picture unlike any other."""
    return np.random.default_rng(next(_numbers)).integers(60, 200, (48, 64, 3), np.uint8)


def black() -> Pixels:
    """A picture as under a lid, with a sensor's noise."""
    return np.random.default_rng(next(_numbers)).integers(0, 12, (48, 64, 3), np.uint8)


FROZEN = living()


class Stage:
    """What the camera does at the moment; every opening of it obeys."""

    def __init__(self, show: Show = living) -> None:
        self.show = show
        self.is_there = True
        self.goes_on = threading.Event()  # not set: reading hangs
        self.goes_on.set()
        self.opened = 0
        self.closed = 0

    def open(self) -> "FakeDevice":
        """Open it. Raises CameraLost when it is not there."""
        if not self.is_there:
            raise CameraLost("the camera fake cannot be opened")
        self.opened += 1
        return FakeDevice(self)


class FakeDevice:
    """One opening."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def grab(self) -> None:
        time.sleep(_STEP_S)
        self._stage.goes_on.wait()
        if not self._stage.is_there:
            raise CameraLost("the camera fake gives no more pictures")

    def retrieve(self) -> Pixels:
        return self._stage.show()

    def close(self) -> None:
        self._stage.closed += 1
