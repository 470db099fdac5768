"""The stage that gives frames."""

from collections.abc import Iterator
from typing import Protocol

from landmarkers.frame import Frame


class CameraLost(Exception):
    """A camera or clip that gives no frames; the message names it and says why."""


class Camera(Protocol):
    """Gives frames with strictly growing times until it ends or is stopped."""

    def frames(self) -> Iterator[Frame]:
        """The frames, in order. Raises CameraLost. To be iterated once."""

    def stop(self) -> None:
        """End `frames` soon, from any thread. Calling it twice does no harm."""
