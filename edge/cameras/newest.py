"""Keeps only the newest frame of a camera, so that a slow stage lowers the rate and never the freshness."""

import threading
from collections.abc import Iterator

from edge.cameras.camera import Camera, CameraLost
from landmarkers.frame import Frame

_LAST_FRAME_S = 1.0  # for the frame in hand to come when stopped; a camera that hangs is left behind


class NewestFrame:
    """Reads a camera on a thread of its own and hands out the newest frame, each once."""

    def __init__(self, camera: Camera) -> None:
        self._camera = camera
        self._changed = threading.Condition()
        self._frame: Frame | None = None
        self._ended = False
        self._stopped = threading.Event()
        self._error: CameraLost | None = None
        self._broken = True
        self.dropped = 0
        """Frames that a newer one replaced before anyone asked for them."""

    def frames(self) -> Iterator[Frame]:
        """The newest frame whenever one is asked for, waiting for it if need be. Raises what the camera raises."""
        # A daemon thread: a driver that hangs in a read must not keep the program from leaving.
        watching = threading.Thread(target=self._watch, name="camera", daemon=True)
        watching.start()
        while not self._stopped.is_set():
            with self._changed:
                self._changed.wait_for(lambda: self._frame is not None or self._ended or self._stopped.is_set())
                frame, self._frame = self._frame, None
                if frame is None and self._ended:
                    break
            if frame is not None:
                yield frame
        # A thread that comes back from OpenCV while Python ends takes the program down with a crash.
        watching.join(_LAST_FRAME_S)
        if self._stopped.is_set():
            return
        if self._error is not None:
            raise self._error
        if self._broken:
            raise CameraLost("the camera's thread broke; its traceback is in the log")

    def stop(self) -> None:
        """End after the frame in hand."""
        self._camera.stop()
        with self._changed:
            self._stopped.set()
            self._changed.notify()

    def _watch(self) -> None:
        try:
            for frame in self._camera.frames():
                with self._changed:
                    self.dropped += self._frame is not None
                    self._frame = frame
                    self._changed.notify()
            self._broken = False
        except CameraLost as error:
            self._error = error
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify()
