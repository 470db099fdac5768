"""The daemon as a service: tells its manager when it is ready, how it is doing and, while it gets on, that it lives."""

import threading
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Final, Self

from edge.lifecycle.notify import Notifier
from edge.monitoring.frame_rate import Rate
from edge.monitoring.health import Health
from edge.monitoring.status import ON_PROBATION, PROVEN, Component
from edge.recognition.word import Word

WATCHDOG_VARIABLE: Final = "WATCHDOG_USEC"
_LOOK_S: Final = 5.0
_LOOKS_A_WATCHDOG: Final = 6  # so that a beat or two may be missed on a busy machine

Beats = Callable[[], bool]
Describe = Callable[[], str]


class Service:
    """Speaks on a thread of its own from the first `ready` on, until it is left."""

    def __init__(self, notifier: Notifier, *, interval_s: float = _LOOK_S) -> None:
        """Every `look_s` seconds the daemon is looked at."""
        self._notifier = notifier
        self._look_s = interval_s
        self._lock = threading.Lock()
        self._beats: Beats | None = None
        self._describe: Describe | None = None
        self._refusal = ""
        self._told = ""
        self._changed = threading.Event()
        self._left = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="service", daemon=True)

    @property
    def is_ready(self) -> bool:
        """Whether the stages that were put together last are at work."""
        with self._lock:
            return self._beats is not None

    def ready(self, beats: Beats, describe: Describe) -> None:
        """The stages are at work: `beats` says whether they get on, `describe` how they are doing."""
        with self._lock:
            self._beats, self._describe = beats, describe
            if self._left.is_set():
                return
            self._tell_ready()
            if self._thread.ident is None:
                self._thread.start()

    def refresh(self) -> None:
        """Something has changed that is to be told at once."""
        self._changed.set()

    def reloading(self) -> None:
        """The configuration is read anew; `go_on`, `give_way` or `refuse` follows."""
        with self._lock:
            self._refusal = ""
            self._notifier.reloading()

    def reloaded(self) -> None:
        """The stages at work go on with what was read anew."""
        with self._lock:
            if self._beats is not None and not self._left.is_set():
                self._tell_ready()

    def restarting(self) -> None:
        """The stages at work leave for others; `ready` follows."""
        with self._lock:
            self._beats = None

    def reload_refused(self, reason: str) -> None:
        """The new configuration is refused for this reason, and the old one goes on or takes over again."""
        with self._lock:
            self._refusal = f"the new configuration is refused, the old one goes on: {reason}"
            if self._beats is not None:
                self._tell_ready()

    def stopping(self) -> None:
        """The daemon leaves; nothing is told any more."""
        with self._lock:
            if not self._left.is_set():
                self._left.set()
                self._changed.set()
                self._notifier.stopping()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopping()
        if self._thread.is_alive():
            self._thread.join()

    def _watch(self) -> None:
        next_look = time.monotonic() + self._look_s
        while True:
            self._changed.wait(max(0.0, next_look - time.monotonic()))
            self._changed.clear()
            with self._lock:
                if self._left.is_set():
                    return
                if time.monotonic() >= next_look:
                    next_look = time.monotonic() + self._look_s
                    if self._beats is not None and self._beats():
                        self._notifier.watchdog()
                if (sentence := self._sentence()) != self._told:
                    self._told = sentence
                    self._notifier.status(sentence)

    def _tell_ready(self) -> None:
        self._told = self._sentence()
        self._notifier.ready(self._told)

    def _sentence(self) -> str:
        described = "" if self._describe is None else self._describe()
        return f"{self._refusal}; {described}" if self._refusal else described


def watchdog_interval_s(environment: Mapping[str, str]) -> float:
    """How often to look, so that the watchdog that the environment tells of is fed in time."""
    microseconds = environment.get(WATCHDOG_VARIABLE, "")
    return min(_LOOK_S, int(microseconds) / 1e6 / _LOOKS_A_WATCHDOG) if microseconds.isdigit() else _LOOK_S


def _judged(health: Health) -> str:
    """How the model stands, where there is something to tell."""
    if health.model_state == ON_PROBATION:
        return f"{health.model} is on probation"
    return "" if health.model_state in (None, PROVEN) else str(health.model_state)


def status_line(source: str, health: Health, last: Word | None) -> str:
    """How the daemon is doing in one line: what is wrong, or what it reads and how fast, and its last word."""
    wrong = list(health.faults.values())
    if health.paused:
        doing = "paused"
    elif Component.CAMERA in health.faults:
        doing = ""
    elif health.frames == 0:
        doing = f"waiting for the first frame of {source}"
    else:
        slow = {Rate.FULL: "", Rate.IDLE: " while nobody signs", Rate.HOT: " while the processor is hot"}[health.rate]
        doing = f"reading {source} at {health.frames_per_s:.0f} frames a second{slow}"
    model = _judged(health)
    said = "" if last is None else f"last word {last.word} at {last.emitted_at.astimezone():%H:%M:%S}"
    return "; ".join(part for part in (*wrong, doing, model, said) if part)
