"""An open live camera, as its driver offers it."""

from collections.abc import Callable
from typing import Any, Protocol

from numpy.typing import NDArray

Pixels = NDArray[Any]
"""An image as a device delivers it, uint8 [height, width, channels]: BGR, or BGR and an unused fourth channel."""


class Device(Protocol):
    """An open device. Every call may block or raise CameraLost, and all calls come from one thread."""

    def grab(self) -> None:
        """Wait for the next image. Raises CameraLost when none comes within a few seconds."""

    def retrieve(self) -> Pixels:
        """Decode the grabbed image. This is costly, so it is left out for images that are not processed."""

    def close(self) -> None:
        """Release the device. Nothing is called afterwards."""


OpenDevice = Callable[[], Device]
"""Opens a device. Raises CameraLost when it is absent or in use."""
