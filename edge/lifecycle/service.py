"""The daemon as a service: notifies its manager that it is ready, what its status is, and that it is alive."""

import math
import re
import threading
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Final, Self

from edge.lifecycle.notify import Notifier
from edge.monitoring.frame_rate import Rate
from edge.monitoring.health import Health
from edge.monitoring.status import ON_PROBATION, PROVEN, Component, Obstacle
from edge.recognition.word import Word
from edge.workers.supervised_thread import Escalation, SupervisedThread

CONFIG_REFUSED: Final = "the new configuration is refused, the old one stays in use: %s"
WATCHDOG_VARIABLE: Final = "WATCHDOG_USEC"
_INTERVAL_S: Final = 5.0
_CHECKS_PER_WATCHDOG: Final = 6  # so that one or two may be missed on a busy machine
_RESTARTING_S: Final = 90.0  # as long as the service manager waits for a start, less its watchdog's time

IsAlive = Callable[[], bool]
Describe = Callable[[], str]


class Service:
    """Notifies the service manager on a thread of its own, from the first `ready` until it is left."""

    def __init__(
        self,
        notifier: Notifier,
        escalation: Escalation,
        *,
        interval_s: float = _INTERVAL_S,
        restarting_s: float = _RESTARTING_S,
    ) -> None:
        """Liveness and status are checked every `interval_s` seconds.

        While stages are replaced by others, that is progress for `restarting_s` seconds.
        """
        self._notifier = notifier
        self._interval_s = interval_s
        self._restarting_s = restarting_s
        self._restarting_until = -math.inf
        self._lock = threading.Lock()
        self._is_alive: IsAlive | None = None
        self._describe: Describe | None = None
        self._refusal = ""
        self._sent = ""
        self._changed = threading.Event()
        self._stopping = threading.Event()
        self._thread = SupervisedThread("the watchdog", self._run, escalation)

    @property
    def is_ready(self) -> bool:
        """Return True if the stages that were built last are running."""
        with self._lock:
            return self._is_alive is not None

    def ready(self, is_alive: IsAlive, describe: Describe) -> None:
        """Notify that the stages run; `is_alive` checks their progress, `describe` returns the status in one line."""
        with self._lock:
            self._is_alive, self._describe = is_alive, describe
            if self._stopping.is_set():
                return
            self._send_ready()

    def refresh(self) -> None:
        """Send the status soon, because something has changed."""
        self._changed.set()

    def reloading(self) -> None:
        """Notify that the configuration is read again; `reloaded`, `restarting` or `reload_refused` follows."""
        with self._lock:
            self._refusal = ""
            self._notifier.reloading()

    def reloaded(self) -> None:
        """Notify that the running stages use the new configuration."""
        with self._lock:
            if self._is_alive is not None and not self._stopping.is_set():
                self._send_ready()

    def restarting(self) -> None:
        """Note that the running stages are replaced by others; `ready` follows."""
        with self._lock:
            self._is_alive = None
            self._restarting_until = time.monotonic() + self._restarting_s

    def reload_refused(self, reason: str) -> None:
        """Notify that the new configuration is refused, and that the old one stays in use or is used again."""
        with self._lock:
            self._refusal = CONFIG_REFUSED % reason
            if self._is_alive is not None:
                self._send_ready()

    def stopping(self) -> None:
        """Notify that the daemon stops; nothing is sent any more."""
        with self._lock:
            if not self._stopping.is_set():
                self._stopping.set()
                self._changed.set()
                self._notifier.stopping()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopping()
        self._thread.close()

    def _run(self) -> None:
        next_check = time.monotonic() + self._interval_s
        while True:
            self._changed.wait(max(0.0, next_check - time.monotonic()))
            self._changed.clear()
            with self._lock:
                if self._stopping.is_set():
                    return
                if time.monotonic() >= next_check:
                    next_check = time.monotonic() + self._interval_s
                    if self._makes_progress():
                        self._notifier.watchdog()
                if (status := self._status()) != self._sent:
                    self._sent = status
                    self._notifier.status(status)

    def _makes_progress(self) -> bool:
        if self._is_alive is None:
            return time.monotonic() < self._restarting_until
        return self._is_alive()

    def _send_ready(self) -> None:
        self._sent = self._status()
        self._notifier.ready(self._sent)

    def _status(self) -> str:
        described = "" if self._describe is None else self._describe()
        return f"{self._refusal}; {described}" if self._refusal else described


def watchdog_interval_s(environment: Mapping[str, str]) -> float:
    """Return the interval of checks in seconds, short enough for the watchdog of the environment."""
    microseconds = environment.get(WATCHDOG_VARIABLE, "")
    if not re.fullmatch("[1-9][0-9]{0,18}", microseconds):
        return _INTERVAL_S
    return min(_INTERVAL_S, int(microseconds) / 1e6 / _CHECKS_PER_WATCHDOG)


_OBSTACLES: Final = {
    Obstacle.TOO_DARK: "the picture is too dark to read signs",
    Obstacle.TOO_FAR: "the signer is too far away to be read",
    Obstacle.TOO_BLURRED: "the picture is too blurred to read signs",
}


def status_line(source: str, health: Health, last: Word | None) -> str:
    """Return the status in one line: the faults, or the source and its frame rate, the model's state, the last word."""
    faults = list(health.faults.values())
    if health.paused:
        activity = "paused"
    elif Component.CAMERA in health.faults:
        activity = ""
    elif health.frames == 0:
        activity = f"waiting for the first frame of {source}"
    else:
        slow = {Rate.FULL: "", Rate.IDLE: " while nobody signs", Rate.HOT: " while the processor is hot"}[health.rate]
        activity = f"reading {source} at {health.frames_per_s:.0f} frames a second{slow}"
    obstacle = "" if health.obstacle is None else _OBSTACLES[health.obstacle]
    word = "" if last is None else f"last word {last.word} at {last.emitted_at.astimezone():%H:%M:%S}"
    return "; ".join(
        part for part in (*faults, activity, obstacle, _model_state(health), _learned(health), word) if part
    )


def _learned(health: Health) -> str:
    learned = health.learned
    return "" if learned is None else f"{learned.signs} signs learned on this device (version {learned.version})"


def _model_state(health: Health) -> str:
    if health.model_state == ON_PROBATION:
        return f"{health.model} is on probation"
    return "" if health.model_state in (None, PROVEN) else str(health.model_state)
