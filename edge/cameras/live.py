"""A live camera that is opened again whenever it hangs, disappears or fails."""

import threading
import time
from collections.abc import Generator, Iterator
from contextlib import closing
from typing import Final

from edge.cameras.camera import (
    CameraFailed,
    CameraLost,
    CameraRefused,
    ReportFault,
    ShouldProcess,
    ignore_fault,
    process_every_frame,
)
from edge.cameras.damage_limit import DamageLimit
from edge.cameras.device import OpenDevice
from edge.cameras.fault_monitor import CameraFaultMonitor, CameraTimeouts
from edge.cameras.latest_frame import LatestFrameReader
from edge.cameras.orientation import orient, to_rgb
from edge.config import CameraConfig
from edge.workers.backoff import Backoff
from edge.workers.supervised_thread import MAX_FAILURES
from landmarkers.frame import Frame
from landmarkers.pixel_shape import to_square_pixels

_POLL_S: Final = 0.1
_LAST_IMAGE_S: Final = 0.5  # for the current read to return when stopped
_MAX_ABANDONED: Final = 3


class LiveCamera:
    """Delivers the newest frame of a device; times count from its first image, over all openings.

    While the camera delivers nothing but black images, or the same image again and again, no frames come: nobody can be
    seen in black ones, and repeated ones would look like a hand held still. Reading continues, and the first good image
    is a frame again.
    """

    def __init__(
        self,
        name: str,
        open_device: OpenDevice,
        config: CameraConfig,
        *,
        reconnect: bool,
        should_process: ShouldProcess = process_every_frame,
        report_fault: ReportFault = ignore_fault,
        timeouts: CameraTimeouts | None = None,
    ) -> None:
        """With `reconnect`, retry for ever a camera that is absent or lost; otherwise that is raised as CameraLost.

        Images of frames that `should_process` declines are not decoded. `name` is how sentences call the camera.
        """
        timeouts = timeouts or CameraTimeouts()
        self._name = name
        self._open_device = open_device
        self._config = config
        self._reconnect = reconnect
        self._should_process = should_process
        self._monitor = CameraFaultMonitor(name, report_fault, timeouts, reconnect=reconnect)
        self._timeouts = timeouts
        self._refusals = Backoff(timeouts.retry_s, timeouts.longest_retry_s)
        self._failures = Backoff(timeouts.retry_s, timeouts.longest_retry_s)
        self._delivered_s = 0.0
        self._first_image_at: float | None = None
        self._readers: list[LatestFrameReader] = []
        self._stopped = threading.Event()
        self.dropped = 0
        """The number of frames that a newer one replaced before the consumer asked for them."""

    def frames(self) -> Iterator[Frame]:
        """Yield frames as they come.

        Raises CameraLost when the camera is absent or lost and is not to be retried, and CameraFailed after several
        failures in a row that nobody foresaw.
        """
        while not self._stopped.is_set():
            try:
                yield from self._open_and_read()
            except CameraLost as error:
                if not self._reconnect:
                    raise
                self._monitor.report(str(error))
                self._forget_if_stable()
                self._stopped.wait(self._retry_s(error))
            except CameraFailed as error:
                self._forget_if_stable()
                pause_s = self._failures.delay_s()
                if not self._reconnect or self._failures.attempts >= MAX_FAILURES:
                    raise
                self._monitor.report(f"{error}; it is started again")
                self._stopped.wait(pause_s)

    def stop(self) -> None:
        """End after the current frame."""
        self._stopped.set()
        for reader in list(self._readers):
            reader.stop()

    def _forget_if_stable(self) -> None:
        """Forget refusals and failures if the opening that has ended delivered images for a while."""
        if self._delivered_s >= self._timeouts.stable_after_s:
            self._refusals.reset()
            self._failures.reset()

    def _retry_s(self, error: CameraLost) -> float:
        """Return the pause after an opening that ended with this error."""
        return self._refusals.delay_s() if isinstance(error, CameraRefused) else self._timeouts.retry_s

    def _open_and_read(self) -> Iterator[Frame]:
        """Yield the frames of one opening of the device."""
        self._readers = [reader for reader in self._readers if reader.is_alive]
        if len(self._readers) == _MAX_ABANDONED:
            raise CameraLost(f"the camera {self._name} hangs in its driver; unplug it or restart this device")
        self._monitor.reset()
        self._delivered_s = 0.0
        reader = LatestFrameReader(self._read_device, self._count_drop)
        self._readers.append(reader)
        try:
            while not self._stopped.is_set():
                frame = reader.next_frame(_POLL_S)
                if frame is None:
                    self._monitor.observe_silence(time.monotonic() - reader.active_at, reader)
                elif self._monitor.observe(frame):
                    yield frame
        finally:
            reader.stop(_LAST_IMAGE_S if self._stopped.is_set() else 0.0)

    def _read_device(self, stopped: threading.Event) -> Generator[Frame | None, None, None]:
        """Yield once when the device is open, then a frame for each image, or None if it is not to be processed.

        Images that cannot be decoded are skipped.
        """
        with closing(self._open_device()) as device:
            yield None
            opened_at, damage = time.monotonic(), DamageLimit(self._name)
            while True:
                asked = time.monotonic()
                is_whole = device.grab()
                now = time.monotonic()
                if stopped.is_set():  # perhaps abandoned long ago
                    return
                if not is_whole:
                    damage.reject(asked)
                    continue
                self._delivered_s = now - opened_at
                self._first_image_at = now if self._first_image_at is None else self._first_image_at
                seconds = now - self._first_image_at
                if not self._should_process(seconds):
                    yield None
                    continue
                pixels = device.retrieve()
                if pixels is None:
                    damage.reject(asked)
                    continue
                damage.accept()
                square = to_square_pixels(pixels, self._config.pixel_aspect or device.pixel_aspect)
                yield Frame(to_rgb(orient(square, self._config)), seconds)

    def _count_drop(self) -> None:
        self.dropped += 1
