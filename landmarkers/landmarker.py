"""The stage that detects landmarks in a frame."""

from typing import Protocol, runtime_checkable

from landmarkers.frame import Frame, Landmarks


class Landmarker(Protocol):
    """Detects the landmarks of one person in frames whose times increase strictly."""

    @property
    def fingerprint(self) -> str:
        """The identity of the networks and of how they are run. A model works well only with that of its training."""

    def detect(self, frame: Frame) -> Landmarks:
        """Detect the landmarks of one frame."""

    def close(self) -> None:
        """Release the networks. Calling it twice does no harm."""


@runtime_checkable
class PersonCounter(Protocol):
    """A landmarker that can say how many people are in view, although it follows one."""

    def person_sizes(self, frame: Frame) -> list[float]:
        """Return the size of each person in the picture's widths, the largest first."""
