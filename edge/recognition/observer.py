"""Lets somebody look at every frame and what was found in it, so that signers see whether they are in view.

This stands around the landmarker and not in the pipeline, whose page it would burden with what no word depends on.
"""

from typing import Protocol

from landmarkers.frame import Frame, Landmarks
from landmarkers.landmarker import Landmarker


class Preview(Protocol):
    """Is given every frame with its landmarks; must not block, so it keeps at most the newest."""

    def look(self, frame: Frame, landmarks: Landmarks) -> None:
        """Take a frame and what was found in it; neither changes any more."""


class PreviewedLandmarker:
    """A landmarker whose finds are shown."""

    def __init__(self, landmarker: Landmarker, preview: Preview) -> None:
        self._landmarker = landmarker
        self._preview = preview

    @property
    def fingerprint(self) -> str:
        """That of the landmarker."""
        return self._landmarker.fingerprint

    def locate(self, frame: Frame) -> Landmarks:
        """The points of one frame, which the preview is given as well."""
        landmarks = self._landmarker.locate(frame)
        self._preview.look(frame, landmarks)
        return landmarks

    def close(self) -> None:
        """Give up the landmarker's networks."""
        self._landmarker.close()
