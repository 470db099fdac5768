"""The device's status: the faults of its components, the state of its model, and whether it is paused.

A component reports every change of its own; those that show the status (health, the service's status line, captions,
metrics) read it, or are called at each change.
"""

import threading
from collections.abc import Callable
from enum import StrEnum
from typing import Final

PROVEN: Final = "proven"
ON_PROBATION: Final = "on probation"
"""States of a model from the store; another state says which one was rolled back, and why."""


class Component(StrEnum):
    """A component that can fail while the daemon continues."""

    CAMERA = "camera"
    BROKER = "broker"
    SCREEN = "screen"
    WEB = "web"


Callback = Callable[[], None]


class DeviceStatus:
    """Holds the status; may be written and read on any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: dict[Component, str] = {}
        self._paused = False
        self._model_state: str | None = None
        self._callbacks: list[Callback] = []

    def report(self, component: Component, fault: str | None) -> None:
        """Set a component's fault as one sentence, or None when the component works."""
        with self._lock:
            changed = self._faults.get(component) != fault
            if fault is None:
                self._faults.pop(component, None)
            else:
                self._faults[component] = fault
        if changed:
            self._notify()

    def set_paused(self, *, paused: bool) -> None:
        """Pause or resume the processing of frames."""
        with self._lock:
            changed, self._paused = self._paused != paused, paused
        if changed:
            self._notify()

    def set_model_state(self, state: str | None) -> None:
        """Set the model's state: proven, on probation, rolled back and why; None if it is not from the store."""
        with self._lock:
            changed, self._model_state = self._model_state != state, state
        if changed:
            self._notify()

    @property
    def model_state(self) -> str | None:
        """Return the model's state."""
        with self._lock:
            return self._model_state

    @property
    def faults(self) -> dict[Component, str]:
        """Return the faults by component."""
        with self._lock:
            return dict(self._faults)

    @property
    def paused(self) -> bool:
        """Return True if frames are not processed because somebody paused the device."""
        with self._lock:
            return self._paused

    def subscribe(self, callback: Callback) -> None:
        """Call this after every change, on the thread that made it; it must not block."""
        with self._lock:
            self._callbacks.append(callback)

    def _notify(self) -> None:
        with self._lock:
            callbacks = list(self._callbacks)
        for callback in callbacks:
            callback()
