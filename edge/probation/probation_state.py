"""The time in which one model proves itself, and what may be found wrong with it meanwhile."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from edge.config import ModelConfig
from edge.monitoring.liveness import LivenessMonitor
from edge.monitoring.meter import MeteredClassifier
from edge.monitoring.status import Component, DeviceStatus
from edge.probation.comparison import MIN_SEGMENTS
from edge.probation.shadow import Shadow

MIN_PREDICTIONS: Final = 20
"""Of fewer the time of the slowest twentieth says nothing."""
FAULT_S: Final = 60.0
"""A part that is away for less has merely stumbled."""
STALLED_S: Final = 15.0
"""The watchdog of the service ends a daemon that stands still for 30 s; by then the model before must be back."""

_NOT_BY_A_MODEL: Final = {Component.CAMERA, Component.BROKER, Component.WEB}


@dataclass
class ConditionTimer:
    """Tells how long something has been so without a break."""

    since: float | None = None

    def seconds(self, now: float, *, is_so: bool) -> float:
        """How long it is so by now."""
        self.since = (now if self.since is None else self.since) if is_so else None
        return 0.0 if self.since is None else now - self.since


@dataclass
class ProbationState:
    """One model's probation in one run of the daemon."""

    config: ModelConfig
    meter: MeteredClassifier
    status: DeviceStatus
    liveness: LivenessMonitor
    shadow: Shadow | None
    """None where there is nothing to compare with: the model before cannot be read, or reads other landmarks."""
    clock: Callable[[], float] = time.monotonic
    _stillness: ConditionTimer = field(default_factory=ConditionTimer)
    _troubled: ConditionTimer = field(default_factory=ConditionTimer)

    def __post_init__(self) -> None:
        self._began = self.clock()
        self._old_troubles = self.status.faults.keys() | _NOT_BY_A_MODEL

    @property
    def is_long_enough(self) -> bool:
        """Whether the daemon has run with the model for as long as is asked for."""
        return self.clock() - self._began >= self.config.probation_s

    @property
    def is_seen_enough(self) -> bool:
        """Whether somebody has signed enough for speed and words to be judged, these as far as they can be."""
        is_heard = self.shadow is None or self.shadow.compared >= MIN_SEGMENTS
        return is_heard and self.meter.predictions >= MIN_PREDICTIONS

    def find_fault(self) -> str | None:
        """What is wrong with the model, in words; None while nothing is."""
        now = self.clock()
        if self._stillness.seconds(now, is_so=self.liveness.is_stalled) >= STALLED_S:
            return "the daemon stands still: no frame goes through it any more"
        if self.meter.predictions >= MIN_PREDICTIONS and self.meter.p95_ms() > self.config.budget_ms:
            return (
                f"a reading takes up to {self.meter.p95_ms():.0f} ms of the processor,"
                f" of which model.budget_ms allows {self.config.budget_ms:g}"
            )
        troubles = self.status.faults
        new = sorted(troubles.keys() - self._old_troubles)
        if self._troubled.seconds(now, is_so=bool(new)) >= FAULT_S:
            return f"since it reads something is wrong: {troubles[new[0]]}"
        return None if self.shadow is None else self.shadow.find_fault()
