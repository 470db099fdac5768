"""Decides which frames of a live camera are looked at: all while somebody signs, few while nobody does.

A frame that is passed over goes through no network. While nobody is in view or the hands rest, so many frames are
passed over that a rising hand is still seen in time; while the processor is hot, so many that it cools before its
firmware slows it down. Cameras falter and differ in rate, so everything is in seconds of the frames' own times.
"""

import logging
import math
from enum import StrEnum
from typing import Final

from edge.config import RateConfig
from edge.monitoring.thermal import ThermalState
from landmarkers.frame import Landmarks
from models.activity_detection import is_hand_raised

log = logging.getLogger(__name__)

# Seconds between two looks, at least, when the processor is cool, hot, and hot still.
HOT_LOOKS_S: Final = (0.0, 0.1, 0.2)
COOLER_BY_C: Final = 5.0  # below the limit before frames are looked at more often again
_LOWER_AFTER_S, _RAISE_AFTER_S = 20.0, 60.0  # what the last step did shows only after a while


class Rate(StrEnum):
    """How many of the frames are looked at."""

    FULL = "full"
    IDLE = "idle"
    HOT = "hot"


class FrameRateController:
    """Sees what is found in the frames and how hot the processor is, and says which frames are wanted.

    Each of its three inputs may come on a thread of its own: each writes only what no other writes. A stream that never
    asks, as a replayed one, is looked at in full.
    """

    def __init__(self, config: RateConfig, raise_threshold: float) -> None:
        """`raise_threshold` is the spotter's measure of a raised hand."""
        self._config = config
        self.raise_threshold = raise_threshold
        """The measure of a raised hand; another model may have another."""
        self._newest, self._looked = -math.inf, -math.inf  # times of frames
        self._last_raised = 0.0
        self._step, self._stepped_at = 0, -math.inf
        self.rate = Rate.FULL
        """As of the newest frame."""
        self.thermal = ThermalState()
        """As last felt."""
        self.skipped = 0
        """Frames that were not wanted."""

    def should_process(self, time: float) -> bool:
        """Whether the frame of this time, just come, is to be looked at; to be asked once for each frame."""
        gap_s, self._newest = time - self._newest, time
        since_look_s, step = time - self._looked, self._step
        is_idle = time - self._last_raised >= self._config.idle_after_s
        self.rate = Rate.HOT if step else Rate.IDLE if is_idle else Rate.FULL
        if is_too_soon(since_look_s, gap_s, HOT_LOOKS_S[step]) or (
            is_idle and can_wait(since_look_s, gap_s, self._config.idle_stride_s)
        ):
            self.skipped += 1
            return False
        self._looked = time
        return True

    def observe(self, landmarks: Landmarks) -> None:
        """See what was found in a frame that was looked at."""
        if is_hand_raised(landmarks, self.raise_threshold):
            self._last_raised = landmarks.time

    def update_thermal(self, heat: ThermalState, now: float) -> None:
        """Feel the heat of a moment on the monotonic clock, in seconds."""
        self.thermal = heat
        before = self._step
        if self._newest == -math.inf:
            return
        self._step = next_step(before, heat, now - self._stepped_at, self._config.hot_at_c)
        if self._step != before:
            self._stepped_at = now
        if self._step > before:
            trouble, most = "slowed down" if heat.throttled else "hot", 1 / HOT_LOOKS_S[self._step]
            log.warning("the processor is %s%s: at most %.0f frames a second are looked at", trouble, _at(heat), most)
        elif self._step == 0 < before:
            log.warning("the processor has recovered%s: all frames are looked at again", _at(heat))


def can_wait(since_look_s: float, gap_s: float, look_every_s: float) -> bool:
    """Whether the frame after this one, if it keeps the distance `gap_s`, still comes in time for the next look."""
    return since_look_s + gap_s <= look_every_s


def is_too_soon(since_look_s: float, gap_s: float, look_s: float) -> bool:
    """Whether the last look is less than `look_s` ago; a frame that comes a little early is not too soon."""
    return since_look_s + gap_s / 4 < look_s


def next_step(step: int, heat: ThermalState, held_s: float, hot_at_c: float) -> int:
    """The step on the ladder of `HOT_LOOKS_S` to go to from `step`, which was held for `held_s`.

    A processor that is slowed down though it is not hot may lack power, perhaps for good: that costs one step only.
    """
    celsius = -math.inf if heat.celsius is None else heat.celsius
    lowest = len(HOT_LOOKS_S) - 1 if celsius >= hot_at_c else 1 if heat.throttled else 0
    if step < lowest and held_s >= _LOWER_AFTER_S:
        return step + 1
    if not heat.throttled and celsius <= hot_at_c - COOLER_BY_C and held_s >= _RAISE_AFTER_S:
        return max(step - 1, 0)
    return step


def _at(heat: ThermalState) -> str:
    return "" if heat.celsius is None else f" at {heat.celsius:.0f} °C"
