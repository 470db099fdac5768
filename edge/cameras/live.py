"""Watches over a live camera: notices when it hangs, disappears or goes blind, and takes it up again."""

import logging
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from edge.cameras.camera import CameraLost, ShouldProcess, process_every_frame
from edge.cameras.device import OpenDevice, Pixels
from edge.cameras.frozen_frames import FrozenFrameDetector
from edge.cameras.orientation import orient, to_rgb
from edge.cameras.reader import Reader
from edge.config import CameraConfig
from edge.monitoring.status import Component, DeviceStatus
from landmarkers.frame import Frame, Image

log = logging.getLogger(__name__)

_TICK_S: Final = 0.1
_LAST_PICTURE_S: Final = 0.5  # for the call in hand to return when stopped
_MOST_LEFT_BEHIND: Final = 3


@dataclass(frozen=True, slots=True)
class CameraTimeouts:
    """How long a camera may be without a living picture, in seconds.

    The bounds to keep: trouble is told within 5 s, and a camera is back within 10 s. A try to open a network camera
    that hangs just when the camera returns lasts 6 s, the pause after it 1 s, the next try about 2 s.
    """

    noticed_s: float = 3.5
    """Until silence, black or frozen pictures are told of."""
    given_up_s: float = 7.0
    """Until a device that neither gives a picture nor fails is left behind; longer than the devices' own limits."""
    retry_s: float = 1.0
    """Between two tries to open it."""
    back_s: float = 0.5
    """Of living pictures until it is back: a decoder that gives up on a silent stream still gives its last picture."""


class LiveCamera:
    """A camera as the daemon wants it; times count from its first picture on the monotonic clock, over all openings.

    While the camera gives nothing but black, or the same picture again and again, this gives no frames: nobody is to be
    seen in them, and repeated ones would look like a hand held still. Reading goes on, and the first living picture is
    a frame again.
    """

    def __init__(
        self,
        name: str,
        open_device: OpenDevice,
        options: CameraConfig,
        *,
        again: bool,
        wanted: ShouldProcess = process_every_frame,
        status: DeviceStatus | None = None,
        patience: CameraTimeouts | None = None,
    ) -> None:
        """`again` tries a camera that is away or lost anew for ever; otherwise that is raised as CameraLost.

        Trouble is logged once when it comes and once when it has gone, and told to `standing` with every change. Of
        frames that are not `wanted` no picture is made. `name` is what the camera is called in sentences.
        """
        self._name = name
        self._open_device = open_device
        self._options = options
        self._again = again
        self._wanted = wanted
        self._status = status or DeviceStatus()
        self._patience = patience or CameraTimeouts()
        self._began: float | None = None
        self._left_behind: list[Reader] = []
        self._trouble: str | None = None
        self._stopped = threading.Event()

    def frames(self) -> Iterator[Frame]:
        """Frames as they come. Raises CameraLost when the camera is away or lost and not to be tried again."""
        while not self._stopped.is_set():
            try:
                yield from self._watch()
            except CameraLost as error:
                if not self._again:
                    raise
                self._lose(str(error))
                self._stopped.wait(self._patience.retry_s)

    def stop(self) -> None:
        """End after the frame in hand."""
        self._stopped.set()

    def _watch(self) -> Iterator[Frame]:
        """The frames of one opening."""
        self._left_behind = [reader for reader in self._left_behind if reader.is_busy]
        if len(self._left_behind) == _MOST_LEFT_BEHIND:
            raise CameraLost(f"the camera {self._name} hangs in its driver; unplug it or start this device anew")
        reader = Reader(self._open_device, self._is_wanted, self._develop)
        self._left_behind.append(reader)
        liveliness = FrozenFrameDetector(self._patience.noticed_s)
        try:
            while not self._stopped.is_set():
                shot = reader.newest(_TICK_S)
                if shot is None:
                    self._bear_silence(time.monotonic() - reader.heard_at)
                    continue
                fault = liveliness.fault(shot)
                if fault is None and liveliness.alive_s >= self._patience.back_s:
                    self._recover()
                elif fault is not None and liveliness.dead_s(shot.time) >= self._patience.noticed_s:
                    self._lose(f"the camera {self._name} {fault}")
                if fault is None or self._trouble is None:
                    yield Frame(shot.image, self._since_began(shot.time))
        finally:
            reader.leave(_LAST_PICTURE_S if self._stopped.is_set() else 0.0)

    def _bear_silence(self, silent_s: float) -> None:
        if silent_s >= self._patience.given_up_s:
            raise CameraLost(f"the camera {self._name} gives no more pictures: its driver hangs")
        if silent_s >= self._patience.noticed_s and self._again:
            self._lose(f"the camera {self._name} gives no more pictures")

    def _lose(self, trouble: str) -> None:
        if self._trouble is None:
            log.warning("%s; trying again until it is back", trouble)
        self._trouble = trouble
        self._status.report(Component.CAMERA, trouble)

    def _recover(self) -> None:
        if self._trouble is not None:
            log.warning("the camera %s is back", self._name)
        self._trouble = None
        self._status.report(Component.CAMERA, None)

    def _is_wanted(self, moment: float) -> bool:
        return self._wanted(self._since_began(moment))

    def _since_began(self, moment: float) -> float:
        self._began = moment if self._began is None else self._began
        return moment - self._began

    def _develop(self, pixels: Pixels) -> Image:
        return to_rgb(orient(pixels, self._options))
