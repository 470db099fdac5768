"""The stage that gives frames."""

from collections.abc import Callable, Iterator
from typing import Protocol

from landmarkers.errors import UserError
from landmarkers.frame import Frame

ShouldProcess = Callable[[float], bool]
"""Whether the frame of a time, in seconds since the stream began, is to be looked at; asked once for each frame."""


def process_every_frame(_time: float) -> bool:
    """Wants all frames."""
    return True


class CameraLost(UserError):
    """A camera or clip that gives no frames; the message names it and says why."""


class LibraryMissing(UserError):
    """A library is not there or cannot start; the message says what to do."""


class Camera(Protocol):
    """Gives frames with strictly growing times until it ends or is stopped."""

    def frames(self) -> Iterator[Frame]:
        """The frames, in order. Raises CameraLost. To be iterated once."""

    def stop(self) -> None:
        """End `frames` soon, from any thread. Calling it twice does no harm."""
