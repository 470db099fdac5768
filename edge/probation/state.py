"""The state of one model's probation, and the faults that end it."""

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
"""Of fewer, the time of the slowest twentieth means nothing."""
FAULT_S: Final = 60.0
"""A component that is lost for less is only interrupted."""
STALLED_S: Final = 15.0
"""The watchdog of the service kills a daemon that is stalled for 30 s; the previous model must be back by then."""

_NOT_BY_A_MODEL: Final = {Component.CAMERA, Component.BROKER, Component.WEB, Component.SPEECH, Component.DAEMON}


@dataclass
class ConditionTimer:
    """Measures how long a condition has been true without interruption."""

    since: float | None = None

    def seconds(self, now: float, *, is_true: bool) -> float:
        """Return how long the condition has been true by now."""
        self.since = (now if self.since is None else self.since) if is_true else None
        return 0.0 if self.since is None else now - self.since


@dataclass
class ProbationState:
    """One model's probation in one run of the daemon."""

    config: ModelConfig
    meter: MeteredClassifier
    status: DeviceStatus
    liveness: LivenessMonitor
    shadow: Shadow | None
    """None if there is nothing to compare with: the previous model cannot be opened, or uses other landmarks."""
    clock: Callable[[], float] = time.monotonic
    _stalled: ConditionTimer = field(default_factory=ConditionTimer)
    _faulty: ConditionTimer = field(default_factory=ConditionTimer)

    def __post_init__(self) -> None:
        self._began = self.clock()
        self._excused = self.status.faults.keys() | _NOT_BY_A_MODEL

    @property
    def is_long_enough(self) -> bool:
        """Return True if the daemon has run with the model for the configured time."""
        return self.clock() - self._began >= self.config.probation_s

    @property
    def is_seen_enough(self) -> bool:
        """Return True if there was enough signing to judge speed and, as far as it can be compared, the words."""
        is_compared = self.shadow is None or self.shadow.compared >= MIN_SEGMENTS
        return is_compared and self.meter.predictions >= MIN_PREDICTIONS

    def find_fault(self) -> str | None:
        """Return what is wrong with the model as a sentence; None without a fault."""
        now = self.clock()
        if self._stalled.seconds(now, is_true=self.liveness.is_stalled) >= STALLED_S:
            return "the daemon is stalled: frames are not processed any more"
        if self.meter.predictions >= MIN_PREDICTIONS and self.meter.p95_ms() > self.config.budget_ms:
            return (
                f"a prediction needs up to {self.meter.p95_ms():.0f} ms of processor time,"
                f" of which model.budget_ms allows {self.config.budget_ms:g}"
            )
        faults = self.status.faults
        new = sorted(faults.keys() - self._excused)
        if self._faulty.seconds(now, is_true=bool(new)) >= FAULT_S:
            return f"a fault came with the model: {faults[new[0]]}"
        return None if self.shadow is None else self.shadow.find_fault()
