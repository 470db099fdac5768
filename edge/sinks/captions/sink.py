"""Shows words on the device's screen, by a program of its own that is kept running."""

import time
from collections import deque
from collections.abc import Iterable
from typing import Final

from edge.config import CaptionsConfig
from edge.monitoring.status import Component, DeviceStatus
from edge.recognition.word import Word
from edge.sinks.captions.connector import on_desktop, plugged_in
from edge.sinks.captions.message import ANSWERS, Answer, Clear, Drawn, Identify, Message, Ready, Said, State
from edge.sinks.captions.scene import REMEMBERED
from edge.sinks.captions.style import CaptionStyle
from edge.sinks.captions.view import view_of
from edge.workers.process import Program
from edge.workers.supervisor import Host, SupervisedProcess
from landmarkers.frame import Frame, Landmarks

_WAITING: Final = 64
"""Messages that may wait for the program."""
_IDENTIFY_S: Final = 10.0


class CaptionSink:
    """The captions of one device."""

    def __init__(self, config: CaptionsConfig, *, device: str, status: DeviceStatus) -> None:
        """Start showing; a screen that is away is tried again for ever, and told of on `standing`."""
        self._preview = config.preview
        self._view_every_s = 1.0 / config.preview_per_s
        self._device = device
        self._status = status
        self._said: deque[Said] = deque(maxlen=REMEMBERED)
        self._view: tuple[Frame, Landmarks, float] | None = None
        self._viewed_at = 0.0
        self._connectors: frozenset[str] | None = None
        self.delay_s: float | None = None
        """How long the last word took from being emitted to being on the screen."""
        self._program = SupervisedProcess(
            Program("edge.sinks.captions", ANSWERS, (CaptionStyle.from_options(config.model_dump()).to_json(),)),
            Host(self._beginning, self._next_view, self._hear, self._away),
            name="the screen",
            part=Component.SCREEN,
            status=status,
            waiting=_WAITING,
        )
        status.subscribe(lambda: self._program.send(self._state()))
        self._program.start()

    @property
    def pid(self) -> int | None:
        """The number of the screen's process, while one runs."""
        return self._program.pid

    def emit(self, word: Word) -> None:
        """Show the word."""
        said = Said(word.word, word.word_en, word.confidence, time.monotonic())
        with self._program.lock:
            self._said.append(said)
            self._program.send(said)

    def observe(self, frame: Frame, landmarks: Landmarks) -> None:
        """Show what the camera sees: keeps the newest frame, which the program's thread makes small."""
        now = time.monotonic()
        if self._preview == "off" or now - self._viewed_at < self._view_every_s:
            return
        self._viewed_at = now
        with self._program.lock:
            self._view = frame, landmarks, now
        self._program.ring()

    def clear(self) -> None:
        """Take all words off the screen."""
        with self._program.lock:
            self._said.clear()
            self._program.send(Clear())

    def identify(self) -> None:
        """Show the device's name for some seconds, so that staff find it."""
        self._program.send(Identify(self._device, time.monotonic() + _IDENTIFY_S))

    def close(self) -> None:
        """Take the captions off the screen; one that does not let go is left behind."""
        self._program.close()

    def _state(self) -> State:
        troubles = tuple(part.value for part in self._status.faults if part is not Component.SCREEN)
        return State(troubles, self._status.paused)

    def _beginning(self) -> Iterable[Message]:
        return [self._state(), *self._said]

    def _next_view(self) -> Message | None:
        with self._program.lock:
            view, self._view = self._view, None
        if view is None:
            return None
        frame, landmarks, at = view
        return view_of(frame, landmarks, at, with_picture=self._preview == "picture")

    def _hear(self, answer: Answer) -> None:
        if isinstance(answer, Drawn):
            self.delay_s = answer.at - answer.said_at
        elif isinstance(answer, Ready):
            size = f"{answer.size[0]}x{answer.size[1]} by {answer.driver}"
            self._program.tell_well(f"captions are on a screen of {size}", f"the screen is back: {size}")

    def _away(self) -> str | None:
        """Why there is nothing to show on, or why the program, which does not notice that itself, is to start anew."""
        if on_desktop():
            return None
        before, self._connectors = self._connectors, plugged_in()
        if self._connectors == frozenset():
            return "no screen is plugged in"
        is_other = self.pid is not None and self._connectors != before
        return "a screen was plugged in or out" if is_other else None
