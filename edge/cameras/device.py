"""What a live camera is to the code that watches over it: something that opens, gives pictures and may hang."""

from collections.abc import Callable
from typing import Any, Protocol

from numpy.typing import NDArray

Pixels = NDArray[Any]
"""A picture as a device gives it, uint8 [height, width, channels]: BGR, or BGR and a fourth channel without meaning."""


class Device(Protocol):
    """An open device. Every call may block or raise CameraLost, and all come on one thread."""

    def grab(self) -> None:
        """Wait for the next picture. Raises CameraLost when none comes within a few seconds."""

    def retrieve(self) -> Pixels:
        """Make the picture that was grabbed; costly, so it is left out for pictures that nobody wants."""

    def close(self) -> None:
        """Give the device back. Nothing is called after this."""


OpenDevice = Callable[[], Device]
"""Opens a device. Raises CameraLost when it is away or in use."""
