"""Reads frames on a thread of its own and keeps only the newest: a slow consumer lowers the rate, never the freshness.

Drivers hang, and a hanging call cannot be ended from outside. A process of its own could be killed, but would cost a
small computer some 60 MB and a copy of every image. Every call of a device has a time limit, so a call that never
returns is a fault of the driver; the thread is then abandoned, and it releases the device if the call ever returns.
"""

import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from typing import Final

from edge.cameras.camera import Camera, CameraFailed, CameraLost
from edge.workers.supervised_thread import catch_unforeseen, describe
from landmarkers.frame import Frame

_THREAD: Final = "camera"
_SUBJECT: Final = "the camera's thread"
_LAST_FRAME_S: Final = 1.0  # for the current read to return when stopped; a camera that hangs is abandoned

ReadFrames = Callable[[threading.Event], Generator[Frame | None, None, None]]
"""Yields frames until the event is set, and None for each one that is not processed. Raises CameraLost."""


class LatestFrameReader:
    """Runs a generator of frames on one thread and hands out the newest frame, each once."""

    def __init__(self, read_frames: ReadFrames, count_drop: Callable[[], None]) -> None:
        """Start to read; `count_drop` is called on the thread for each frame that a newer one replaces."""
        self._read_frames = read_frames
        self._count_drop = count_drop
        self._changed = threading.Condition()
        self._latest: Frame | None = None
        self._has_ended = False
        self._error: CameraLost | CameraFailed | None = None
        self._stopped = threading.Event()
        self.active_at = time.monotonic()
        """The time when the generator last yielded, on the monotonic clock; at first, when reading started."""
        self.yielded = 0
        """The number of times that the generator has yielded."""
        # A daemon thread: a driver that hangs in a read must not keep the program from exiting.
        self._thread = threading.Thread(target=self._run, name=_THREAD, daemon=True)
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """True while the thread still holds the camera."""
        return self._thread.is_alive()

    def next_frame(self, timeout_s: float | None = None) -> Frame | None:
        """Wait for the newest frame; return None at the end, after `stop` and after `timeout_s`.

        Raises CameraLost, CameraFailed.
        """
        with self._changed:
            self._changed.wait_for(self._is_ready, timeout_s)
            frame, self._latest = self._latest, None
            if frame is None and self._has_ended and self._error is not None and not self._stopped.is_set():
                # Handed over, not kept: its trace holds this reader and the thread's last images, which would stay in
                # memory until Python looks for such circles.
                error, self._error = self._error, None
                try:
                    raise error
                finally:
                    del error
        return frame

    def stop(self, timeout_s: float = 0.0) -> None:
        """End reading as soon as the current read returns, and wait that long for it; callable from any thread."""
        with self._changed:
            self._stopped.set()
            self._changed.notify()
        self._thread.join(timeout_s)

    def _is_ready(self) -> bool:
        return self._latest is not None or self._has_ended or self._stopped.is_set()

    def _run(self) -> None:
        error = catch_unforeseen(_SUBJECT, self._read)
        if error is not None:  # the thread's consumer decides whether another one is started
            self._error = CameraFailed(f"{_SUBJECT} failed unexpectedly: {describe(error)}")
        with self._changed:
            self._has_ended = True
            self._changed.notify()

    def _read(self) -> None:
        try:
            with closing(self._read_frames(self._stopped)) as frames:
                for frame in frames:
                    self.active_at = time.monotonic()
                    self.yielded += 1
                    if self._stopped.is_set():
                        break
                    if frame is not None:
                        self._put(frame)
        except CameraLost as error:
            self._error = error

    def _put(self, frame: Frame) -> None:
        with self._changed:
            if self._latest is not None:
                self._count_drop()
            self._latest = frame
            self._changed.notify()


class LatestFrameCamera:
    """A camera of which only the newest frame is handed out, such as a recording at its own pace."""

    def __init__(self, camera: Camera) -> None:
        self._camera = camera
        self._reader: LatestFrameReader | None = None
        self._stopped = threading.Event()
        self.dropped = 0
        """The number of frames that a newer one replaced before the consumer asked for them."""

    def frames(self) -> Iterator[Frame]:
        """Yield the newest frame at each request, waiting for it if necessary. Raises what the camera raises."""
        reader = self._reader = LatestFrameReader(self._read_frames, self._count_drop)
        try:
            while not self._stopped.is_set() and (frame := reader.next_frame()) is not None:
                yield frame
        finally:
            self._camera.stop()
            # A thread that returns from OpenCV while Python shuts down crashes the program.
            reader.stop(_LAST_FRAME_S)

    def stop(self) -> None:
        """End after the current frame."""
        self._stopped.set()
        self._camera.stop()
        if self._reader is not None:
            self._reader.stop()

    def _read_frames(self, _stopped: threading.Event) -> Generator[Frame | None, None, None]:
        yield from self._camera.frames()

    def _count_drop(self) -> None:
        self.dropped += 1


def is_camera_thread_alive() -> bool:
    """Return True if any reader's thread still holds its camera, abandoned or not."""
    return any(thread.name == _THREAD for thread in threading.enumerate())
