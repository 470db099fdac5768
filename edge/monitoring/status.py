"""The device's status: the faults of its components, the state of its model, and whether it sees well or is paused.

A component reports every change of its own; those that show the status (health, the service's status line, captions,
metrics) read it, or are called at each change.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Final

from edge.workers.supervised_thread import Escalation, catch_unforeseen
from landmarkers.person import Purpose
from landmarkers.plain_text import one_sentence

PROVEN: Final = "proven"
ON_PROBATION: Final = "on probation"
"""States of a model from the store; another state says which one was rolled back, and why."""


class Component(StrEnum):
    """A component that can fail while the daemon continues."""

    CAMERA = "camera"
    BROKER = "broker"
    SCREEN = "screen"
    WEB = "web"
    SPEECH = "speech"
    DAEMON = "daemon"
    """The daemon's own threads that belong to none of the others."""


class Obstacle(StrEnum):
    """A reason why the signer cannot be read, which somebody in the room can remove."""

    TOO_DARK = "too dark"
    TOO_FAR = "too far"
    TOO_BLURRED = "too blurred"


@dataclass(frozen=True, slots=True)
class Keeping:
    """A person whose takes are kept now, what for, and until when."""

    person: str
    purpose: Purpose
    until: datetime


Callback = Callable[[], None]


class DeviceStatus:
    """Holds the status; may be written and read on any thread."""

    def __init__(self, give_up: Callable[[str], None] | None = None) -> None:
        """`give_up` ends the daemon for this reason when a thread fails again and again; else it is tried for ever."""
        self._give_up = give_up
        self._lock = threading.Lock()
        self._faults: dict[tuple[Component, str], str] = {}
        self._paused = False
        self._teaching = False
        self._obstacle: Obstacle | None = None
        self._keeping: Keeping | None = None
        self._model_state: str | None = None
        self._model_refused: str | None = None
        self._callbacks: list[Callback] = []

    def report(self, component: Component, fault: str | None) -> None:
        """Set a component's fault as one sentence, or None when the component works."""
        self.report_thread(component, "", fault)

    def report_thread(self, component: Component, thread: str, fault: str | None) -> None:
        """Set the fault of one of a component's threads, which adds to the component's own."""
        key = (component, thread)
        line = None if fault is None else one_sentence(fault)
        with self._lock:
            changed = self._faults.get(key) != line
            if line is None:
                self._faults.pop(key, None)
            else:
                self._faults[key] = line
        if changed:
            self._notify()

    def escalation(self, component: Component) -> Escalation:
        """Return where the faults of a component's supervised threads go."""
        return Escalation(partial(self.report_thread, component), self._give_up)

    def set_paused(self, *, paused: bool) -> None:
        """Pause or resume the processing of frames."""
        with self._lock:
            changed, self._paused = self._paused != paused, paused
        if changed:
            self._notify()

    def set_teaching(self, *, is_teaching: bool) -> None:
        """Have no words said while somebody teaches the device; frames are still processed."""
        with self._lock:
            self._teaching = is_teaching

    def set_obstacle(self, obstacle: Obstacle | None) -> None:
        """Set why the signer cannot be read; None if they can, or if nobody is in view."""
        with self._lock:
            changed, self._obstacle = self._obstacle != obstacle, obstacle
        if changed:
            self._notify()

    def set_keeping(self, keeping: Keeping | None) -> None:
        """Set whose takes are kept; None if nobody's are."""
        with self._lock:
            changed, self._keeping = self._keeping != keeping, keeping
        if changed:
            self._notify()

    def set_model_state(self, state: str | None) -> None:
        """Set the model's state: proven, on probation, rolled back and why; None if it is not from the store."""
        line = None if state is None else one_sentence(state)
        with self._lock:
            changed, self._model_state = self._model_state != line, line
        if changed:
            self._notify()

    def set_model_refused(self, reason: str | None) -> None:
        """Set why a model that somebody chose is not used; None once another choice was carried out."""
        line = None if reason is None else one_sentence(reason)
        with self._lock:
            changed, self._model_refused = self._model_refused != line, line
        if changed:
            self._notify()

    @property
    def keeping(self) -> Keeping | None:
        """Return whose takes are kept."""
        with self._lock:
            return self._keeping

    @property
    def model_state(self) -> str | None:
        """Return the model's state."""
        with self._lock:
            return self._model_state

    @property
    def model_refused(self) -> str | None:
        """Return why the model that somebody chose last is not used."""
        with self._lock:
            return self._model_refused

    @property
    def faults(self) -> dict[Component, str]:
        """Return the faults by component."""
        merged: dict[Component, str] = {}
        with self._lock:
            for (component, _thread), fault in self._faults.items():
                merged[component] = f"{merged[component]}; {fault}" if component in merged else fault
        return merged

    @property
    def paused(self) -> bool:
        """Return True if frames are not processed because somebody paused the device."""
        with self._lock:
            return self._paused

    @property
    def is_teaching(self) -> bool:
        """Return True if somebody teaches the device, and no words are said."""
        with self._lock:
            return self._teaching

    @property
    def obstacle(self) -> Obstacle | None:
        """Return why the signer cannot be read."""
        with self._lock:
            return self._obstacle

    def subscribe(self, callback: Callback) -> None:
        """Call this after every change, on the thread that made it; it must not block."""
        with self._lock:
            self._callbacks.append(callback)

    def _notify(self) -> None:
        with self._lock:
            callbacks = list(self._callbacks)
        for callback in callbacks:
            # Whoever reports, perhaps a failure of the listener itself, must not fail of it.
            catch_unforeseen("a listener to the device's status", callback)
