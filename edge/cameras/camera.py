"""The camera stage of the pipeline."""

from collections.abc import Callable, Iterator
from typing import Protocol, runtime_checkable

from landmarkers.errors import UserError
from landmarkers.frame import Frame

ShouldProcess = Callable[[float], bool]
"""Returns True if the frame of a time, in seconds since the stream began, is processed; called once for each frame."""

ReportFault = Callable[[str | None], None]
"""Receives one sentence for each new fault of a camera, and None when the camera works; must not block."""


def process_every_frame(_time: float) -> bool:
    """Return True for every frame."""
    return True


def ignore_fault(_fault: str | None) -> None:
    """Do nothing about a fault."""


class CameraLost(UserError):
    """A camera or clip delivers no frames; the message names it and says why."""


class CameraRefused(CameraLost):
    """A network camera, or the network, refuses what its address asks for, and most likely will again."""


class CameraFailed(Exception):
    """The thread that reads a camera met something that nobody foresaw; its trace is logged."""


class Camera(Protocol):
    """Delivers frames with strictly increasing times until it ends or is stopped."""

    def frames(self) -> Iterator[Frame]:
        """Yield the frames in order. Raises CameraLost. May be iterated once."""

    def stop(self) -> None:
        """End `frames` soon. May be called from any thread, and more than once."""


@runtime_checkable
class RealTimeCamera(Camera, Protocol):
    """A camera that does not wait for its consumer: it keeps only the newest frame."""

    @property
    def dropped(self) -> int:
        """The number of frames that a newer one replaced before the consumer asked for them."""
