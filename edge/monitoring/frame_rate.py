"""Decides which frames of a live camera are processed: all while somebody signs, few while nobody does.

A skipped frame goes through no network. While the hands rest, only so many frames are skipped that a rising hand is
still seen in time. While nobody is in view, more are, since who comes into view does not sign yet; while the processor
is hot, so many that it cools before its firmware throttles it.
Cameras falter and differ in rate, so all times are seconds of the frames' own times.
"""

import logging
import math
from enum import StrEnum
from typing import Final

from edge.config import RateConfig
from edge.monitoring.thermal import ThermalState
from landmarkers.frame import Frame, Landmarks
from landmarkers.layout import Part
from models.activity_detection import is_hand_raised

log = logging.getLogger(__name__)

# Least seconds between two processed frames while the processor is cool, hot, and still hot.
HOT_INTERVALS_S: Final = (0.0, 0.1, 0.2)
EMPTY_STRIDES: Final = 4
"""The longest interval while nobody is in view, in those while somebody's hands rest."""
COOLER_BY_C: Final = 5.0  # below the limit before more frames are processed again
_LOWER_AFTER_S, _RAISE_AFTER_S = 20.0, 60.0  # the effect of a step shows only after a while


class Rate(StrEnum):
    """Share of the frames that is processed."""

    FULL = "full"
    IDLE = "idle"
    HOT = "hot"


class FrameRateController:
    """Decides by the landmarks of earlier frames and by the processor's temperature which frames are processed.

    Each of its three inputs may come on a thread of its own: each writes only what no other writes. A stream that never
    asks, such as a replayed one, is processed in full.
    """

    def __init__(self, config: RateConfig, raise_threshold: float) -> None:
        """`raise_threshold` is the spotter's threshold for a raised hand."""
        self._config = config
        self.raise_threshold = raise_threshold
        """The threshold for a raised hand; another model may have another."""
        self._newest, self._processed = -math.inf, -math.inf  # times of frames
        self._last_raised = self._last_seen = 0.0
        self._step, self._stepped_at = 0, -math.inf
        self.rate = Rate.FULL
        """As of the newest frame."""
        self.thermal = ThermalState()
        """As last measured."""
        self.skipped = 0
        """Frames that were not processed."""

    def should_process(self, time: float) -> bool:
        """Return True if the frame of this time, just captured, is to be processed; to be asked once for each frame."""
        gap_s, self._newest = time - self._newest, time
        elapsed_s, step = time - self._processed, self._step
        is_idle = time - self._last_raised >= self._config.idle_after_s
        is_empty = time - self._last_seen >= self._config.idle_after_s
        stride_s = self._config.idle_stride_s * (EMPTY_STRIDES if is_empty else 1)
        self.rate = Rate.HOT if step else Rate.IDLE if is_idle else Rate.FULL
        if is_too_soon(elapsed_s, gap_s, HOT_INTERVALS_S[step]) or (is_idle and can_wait(elapsed_s, gap_s, stride_s)):
            self.skipped += 1
            return False
        self._processed = time
        return True

    def observe(self, _frame: Frame, landmarks: Landmarks) -> None:
        """Note whether somebody is in view and a hand is raised in a processed frame."""
        is_raised = is_hand_raised(landmarks, self.raise_threshold)
        if is_raised:
            self._last_raised = landmarks.time
        if is_raised or landmarks.is_visible(Part.POSE):
            self._last_seen = landmarks.time

    def update_thermal(self, thermal: ThermalState, now: float) -> None:
        """Take a measurement; `now` is on the monotonic clock, in seconds."""
        self.thermal = thermal
        before = self._step
        if self._newest == -math.inf:
            return
        self._step = next_step(before, thermal, now - self._stepped_at, self._config.hot_at_c)
        if self._step != before:
            self._stepped_at = now
        if self._step > before:
            state, rate = "throttled" if thermal.throttled else "hot", 1 / HOT_INTERVALS_S[self._step]
            log.warning("the processor is %s%s: at most %.0f frames a second are processed", state, _at(thermal), rate)
        elif self._step == 0 < before:
            log.warning("the processor has recovered%s: all frames are processed again", _at(thermal))


def can_wait(elapsed_s: float, gap_s: float, stride_s: float) -> bool:
    """Return True if the frame after this one, at the same distance `gap_s`, still comes within the stride."""
    return elapsed_s + gap_s <= stride_s


def is_too_soon(elapsed_s: float, gap_s: float, interval_s: float) -> bool:
    """Return True if the last processed frame is less than the interval ago; a slightly early frame is not too soon."""
    return elapsed_s + gap_s / 4 < interval_s


def next_step(step: int, thermal: ThermalState, since_step_s: float, hot_at_c: float) -> int:
    """Return the index into `HOT_INTERVALS_S` that follows `step`, which has applied for `since_step_s`.

    A processor that is throttled though it is not hot may lack power, perhaps permanently: that costs one step only.
    """
    celsius = -math.inf if thermal.celsius is None else thermal.celsius
    lowest = len(HOT_INTERVALS_S) - 1 if celsius >= hot_at_c else 1 if thermal.throttled else 0
    if step < lowest and since_step_s >= _LOWER_AFTER_S:
        return step + 1
    if not thermal.throttled and celsius <= hot_at_c - COOLER_BY_C and since_step_s >= _RAISE_AFTER_S:
        return max(step - 1, 0)
    return step


def _at(thermal: ThermalState) -> str:
    return "" if thermal.celsius is None else f" at {thermal.celsius:.0f} °C"
