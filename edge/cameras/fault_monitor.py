"""Decides whether a live camera works, and logs and reports when that changes."""

import logging
from dataclasses import dataclass

from edge.cameras.camera import CameraLost, ReportFault
from edge.cameras.damage_limit import FIRST_IMAGE_S
from edge.cameras.frozen_frames import FrozenFrameDetector
from edge.cameras.latest_frame import LatestFrameReader
from landmarkers.frame import Frame

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CameraTimeouts:
    """Limits on how long a camera may deliver nothing useful, in seconds.

    They keep two promises: a fault of a camera that has delivered images is reported within 5 s, and a camera that
    returns is used again within 10 s. In the
    worst case an attempt to open a network camera hangs for 6 s just when the camera returns, the pause after it lasts
    1 s, and the next attempt about 2 s. A camera that refuses is tried more and more rarely instead, since many lock
    out whoever does not stop.
    """

    fault_after_s: float = 3.5
    """Until silence, black or frozen images are reported."""
    abandon_after_s: float = 7.0
    """Until a device that neither opens nor delivers nor fails is abandoned.

    It is longer than the limits of the devices, but for a stream's, which has time for its first image.
    """
    abandon_start_after_s: float = FIRST_IMAGE_S + 1.0
    """Until a device that was opened is abandoned if its first image does not come."""
    retry_s: float = 1.0
    """Between two attempts to open it, and after the first refusal."""
    longest_retry_s: float = 60.0
    """After many refusals."""
    stable_after_s: float = 5.0
    """Of images until earlier refusals are forgotten."""
    recovered_after_s: float = 0.5
    """Of good images until it counts as recovered: a decoder that gives up on a silent stream still delivers its last
    image."""


class CameraFaultMonitor:
    """Observes the frames and silences of one live camera over all its openings.

    Each fault is logged once, and so is the recovery; every change is reported.
    """

    def __init__(self, name: str, report_fault: ReportFault, timeouts: CameraTimeouts, *, reconnect: bool) -> None:
        """`name` is how sentences call the camera; with `reconnect` a long silence is a fault before it is a loss."""
        self._name = name
        self._report_fault = report_fault
        self._timeouts = timeouts
        self._reconnect = reconnect
        self._detector = FrozenFrameDetector(timeouts.fault_after_s)
        self._fault: str | None = None

    def reset(self) -> None:
        """Begin with a new opening of the camera."""
        self._detector = FrozenFrameDetector(self._timeouts.fault_after_s)

    def observe(self, frame: Frame) -> bool:
        """Return True if the frame is good enough to be processed."""
        fault = self._detector.find_fault(frame)
        if fault is None and self._detector.good_for_s >= self._timeouts.recovered_after_s:
            self._recover()
        elif fault is not None and self._detector.bad_for_s(frame.time) >= self._timeouts.fault_after_s:
            self.report(f"the camera {self._name} {fault}")
        return fault is None or self._fault is None

    def observe_silence(self, seconds: float, reader: LatestFrameReader) -> None:
        """Take note that no frame has come for so long. Raises CameraLost when the device is to be abandoned.

        Until the first image of an opening, silence alone is no fault: a slow camera is only starting.
        """
        timeouts = self._timeouts
        is_starting = reader.yielded == 1  # open, but no image has come
        if seconds >= (timeouts.abandon_start_after_s if is_starting else timeouts.abandon_after_s):
            raise CameraLost(f"the camera {self._name} delivers no more images")
        if seconds >= timeouts.fault_after_s and self._reconnect and reader.yielded > 1:
            self.report(f"the camera {self._name} delivers no more images")

    def report(self, fault: str) -> None:
        """Report a fault; log it if the camera worked before."""
        if self._fault is None:
            log.warning("%s; retrying until it is back", fault)
        self._fault = fault
        self._report_fault(fault)

    def _recover(self) -> None:
        if self._fault is not None:
            log.warning("the camera %s is back", self._name)
        self._fault = None
        self._report_fault(None)
