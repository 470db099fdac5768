"""How the daemon's parts stand: what is wrong with camera, broker, screen and live page, how the model stands, a pause.

A part tells of itself whenever that changes; whoever shows it (health, the service's status line, captions, metrics)
asks, or is called at each change.
"""

import threading
from collections.abc import Callable
from enum import StrEnum
from typing import Final

PROVEN: Final = "proven"
ON_PROBATION: Final = "on probation"
"""How a model of the store stands; else it tells which one was rolled back, and why."""


class Component(StrEnum):
    """What can be lost while the daemon goes on."""

    CAMERA = "camera"
    BROKER = "broker"
    SCREEN = "screen"
    WEB = "web"


Watcher = Callable[[], None]


class DeviceStatus:
    """Written and read from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._troubles: dict[Component, str] = {}
        self._paused = False
        self._model: str | None = None
        self._watchers: list[Watcher] = []

    def report(self, part: Component, trouble: str | None) -> None:
        """Say in one sentence what is wrong with a part, or None when it is well."""
        with self._lock:
            changed = self._troubles.get(part) != trouble
            if trouble is None:
                self._troubles.pop(part, None)
            else:
                self._troubles[part] = trouble
        if changed:
            self._call_watchers()

    def set_paused(self, *, paused: bool) -> None:
        """Say that frames are looked at no more, or again."""
        with self._lock:
            changed, self._paused = self._paused != paused, paused
        if changed:
            self._call_watchers()

    def set_model_state(self, state: str | None) -> None:
        """Say how the model stands: proven, on probation, rolled back and why; None where nobody judges it."""
        with self._lock:
            changed, self._model = self._model != state, state
        if changed:
            self._call_watchers()

    @property
    def model_state(self) -> str | None:
        """How the model stands."""
        with self._lock:
            return self._model

    @property
    def faults(self) -> dict[Component, str]:
        """What is wrong, part by part."""
        with self._lock:
            return dict(self._troubles)

    @property
    def paused(self) -> bool:
        """Whether frames are not looked at, because somebody asked for that."""
        with self._lock:
            return self._paused

    def subscribe(self, watcher: Watcher) -> None:
        """Call this after every change, on the thread that told of it; it must not block."""
        with self._lock:
            self._watchers.append(watcher)

    def _call_watchers(self) -> None:
        with self._lock:
            watchers = list(self._watchers)
        for watcher in watchers:
            watcher()
