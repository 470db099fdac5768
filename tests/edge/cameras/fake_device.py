"""A device that a test controls: it delivers the given images, hangs, or is absent."""

import threading
import time
from collections.abc import Callable
from itertools import count

import numpy as np

from edge.cameras.camera import CameraLost
from edge.cameras.device import Pixels

MakeImage = Callable[[], Pixels | None]

_INTERVAL_S = 0.02
_seeds = count()


def random_image() -> Pixels:
    """Make an image unlike any other."""
    return np.random.default_rng(next(_seeds)).integers(60, 200, (48, 64, 3), np.uint8)


def black_image() -> Pixels:
    """Make an image as under a lid, with a sensor's noise."""
    return np.random.default_rng(next(_seeds)).integers(0, 12, (48, 64, 3), np.uint8)


def dark_room_image() -> Pixels:
    """Make an image of a room in the dark: a lit half that is hardly brighter than the other, in a sensor's noise."""
    image = np.random.default_rng(next(_seeds)).integers(0, 12, (48, 64, 3), np.uint8)
    image[:, 32:] += 8
    return image


FROZEN = random_image()


class FakeDriver:
    """Controls what every opening of the device does at the moment."""

    def __init__(self, make_image: MakeImage = random_image) -> None:
        self.make_image = make_image
        self.is_present = True
        self.responds = threading.Event()  # not set: reads hang
        self.responds.set()
        self.interval_s = _INTERVAL_S
        self.opened = 0
        self.closed = 0

    def open(self) -> "FakeDevice":
        """Open the device. Raises CameraLost when it is absent."""
        if not self.is_present:
            raise CameraLost("the camera fake cannot be opened")
        self.opened += 1
        return FakeDevice(self)


class FakeDevice:
    """One opening of the device."""

    def __init__(self, driver: FakeDriver) -> None:
        self._driver = driver

    @property
    def pixel_aspect(self) -> float:
        return 1.0

    def grab(self) -> bool:
        time.sleep(self._driver.interval_s)
        self._driver.responds.wait()
        if not self._driver.is_present:
            raise CameraLost("the camera fake delivers no more images")
        return True

    def retrieve(self) -> Pixels | None:
        return self._driver.make_image()

    def close(self) -> None:
        self._driver.closed += 1
