"""The interface of what follows the landmarks of every frame without changing them."""

from typing import Protocol

from landmarkers.frame import Frame, Landmarks


class LandmarkObserver(Protocol):
    """Receives every processed frame with its landmarks: previews, the frame-rate controller, probation's segments."""

    def observe(self, frame: Frame, landmarks: Landmarks) -> None:
        """Take note of a frame and its landmarks, neither of which changes any more. Must not block."""
