"""Plays a video file or a folder of numbered frames."""

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from edge.cameras.camera import CameraLost, ShouldProcess, process_every_frame
from edge.cameras.orientation import orient
from edge.cameras.pace import paced, until
from edge.config import CameraConfig
from landmarkers.frame import Frame
from landmarkers.recording import RecordingUnreadable, read_recording

_PAUSE_S = 1.0  # between the end of a clip and its beginning anew


class RecordingCamera:
    """A clip as a camera: at its own pace, or as fast as frames are asked for, dropping none itself."""

    def __init__(
        self,
        path: Path,
        *,
        paced: bool,
        again: bool = False,
        wanted: ShouldProcess = process_every_frame,
        options: CameraConfig | None = None,
    ) -> None:
        """`again` starts the clip anew whenever it has ended; frames that are not `wanted` are not given.

        Of the `options` those count that say how pictures are turned, mirrored and cut.
        """
        self._path = path
        self._paced = paced
        self._again = again
        self._wanted = wanted
        self._options = options or CameraConfig()
        self._stopped = threading.Event()

    def frames(self) -> Iterator[Frame]:
        """The frames of the clip. Raises CameraLost when it cannot be read or breaks off."""
        frames = self._read()
        timely = paced(frames, self._stopped) if self._paced else until(frames, self._stopped)
        return (frame for frame in timely if self._wanted(frame.time))

    def stop(self) -> None:
        """End after the frame in hand."""
        self._stopped.set()

    def _read(self) -> Iterator[Frame]:
        start = 0.0
        while True:
            newest = start
            try:
                for frame in read_recording(self._path):
                    newest = start + frame.time
                    yield Frame(np.ascontiguousarray(orient(frame.image, self._options)), newest)
            except RecordingUnreadable as error:
                raise CameraLost(str(error)) from error
            if not self._again:
                return
            start = newest + _PAUSE_S
