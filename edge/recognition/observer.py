"""Lets somebody look at every frame and what was found in it, so that signers see whether they are in view.

This stands around the landmarker and not in the pipeline, whose page it would burden with what no word depends on.
"""

from typing import Protocol

from landmarkers.frame import Frame, Landmarks
from landmarkers.landmarker import Landmarker


class LandmarkObserver(Protocol):
    """Is given every frame with its landmarks; must not block, so it keeps at most the newest."""

    def observe(self, frame: Frame, landmarks: Landmarks) -> None:
        """Take a frame and what was found in it; neither changes any more."""


class ObservedLandmarker:
    """A landmarker whose finds are shown."""

    def __init__(self, landmarker: Landmarker, preview: LandmarkObserver) -> None:
        self._landmarker = landmarker
        self._preview = preview

    @property
    def fingerprint(self) -> str:
        """That of the landmarker."""
        return self._landmarker.fingerprint

    def detect(self, frame: Frame) -> Landmarks:
        """The points of one frame, which the preview is given as well."""
        landmarks = self._landmarker.detect(frame)
        self._preview.observe(frame, landmarks)
        return landmarks

    def close(self) -> None:
        """Give up the landmarker's networks."""
        self._landmarker.close()
