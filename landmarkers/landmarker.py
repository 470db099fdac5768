"""The stage that finds landmarks in a frame."""

from typing import Protocol

from landmarkers.frame import Frame, Landmarks


class Landmarker(Protocol):
    """Finds the points of one person in frames whose times grow strictly."""

    @property
    def fingerprint(self) -> str:
        """Names the networks and the way they are run; a model serves well only what it was trained with."""

    def detect(self, frame: Frame) -> Landmarks:
        """The points of one frame."""

    def close(self) -> None:
        """Give up the networks. Calling it twice does no harm."""
