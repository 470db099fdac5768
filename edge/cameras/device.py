"""An open live camera, as its driver offers it."""

from collections.abc import Callable
from typing import Any, Protocol

from numpy.typing import NDArray

Pixels = NDArray[Any]
"""An image as a device delivers it, uint8: BGR or BGR and an unused channel [height, width, channels], or grey."""


class Device(Protocol):
    """An open device. Every call may block or raise CameraLost, and all calls come from one thread."""

    @property
    def pixel_aspect(self) -> float:
        """The width of a pixel in heights, as the device tells it; 1.0 where it tells nothing."""

    def grab(self) -> bool:
        """Wait for the next image; return False if it is known to be damaged, or if none came.

        Raises CameraLost when that is final.
        """

    def retrieve(self) -> Pixels | None:
        """Decode the grabbed image; return None if it cannot be decoded. Raises CameraLost.

        This is costly, so it is left out for images that are not processed.
        """

    def close(self) -> None:
        """Release the device. Nothing is called afterwards."""


OpenDevice = Callable[[], Device]
"""Opens a device. Raises CameraLost when it is absent or in use."""
