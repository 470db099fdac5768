"""Plays a video file or a folder of numbered frames."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from edge.cameras.camera import CameraLost, ShouldProcess, process_every_frame
from edge.cameras.orientation import orient
from edge.cameras.pace import paced, until_stopped
from edge.config import CameraConfig
from landmarkers.frame import Frame
from landmarkers.recording import RecordingUnreadable, read_recording

_PAUSE_S: Final = 1.0  # between the end of a clip and its next start


class RecordingCamera:
    """A clip as a camera: at its own pace, or as fast as frames are requested; it drops no frame itself."""

    def __init__(
        self,
        path: Path,
        *,
        paced: bool,
        loop: bool = False,
        should_process: ShouldProcess = process_every_frame,
        config: CameraConfig | None = None,
    ) -> None:
        """With `loop` the clip starts again whenever it has ended; frames that `should_process` declines are left out.

        Of the `config` only the pixels' shape, rotation, mirroring and region are used.
        """
        self._path = path
        self._paced = paced
        self._loop = loop
        self._should_process = should_process
        self._config = config or CameraConfig()
        self._stopped = threading.Event()

    def frames(self) -> Iterator[Frame]:
        """Yield the frames of the clip. Raises CameraLost when it cannot be read or breaks off."""
        frames = self._read()
        timed = paced(frames, self._stopped) if self._paced else until_stopped(frames, self._stopped)
        return (frame for frame in timed if self._should_process(frame.time))

    def stop(self) -> None:
        """End after the current frame."""
        self._stopped.set()

    def _read(self) -> Iterator[Frame]:
        start = 0.0
        while True:
            newest = start
            try:
                for frame in read_recording(self._path, self._config.pixel_aspect):
                    newest = start + frame.time
                    yield Frame(np.ascontiguousarray(orient(frame.image, self._config)), newest)
            except RecordingUnreadable as error:
                raise CameraLost(str(error)) from error
            if not self._loop:
                return
            start = newest + _PAUSE_S
