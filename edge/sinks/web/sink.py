"""Feeds the live page: words, health and views, to a program of its own that serves them to browsers.

What strangers send never enters the daemon: it reaches that program, which can ask for one thing only, that views be
made because somebody watches.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Final

from edge.config import WebConfig
from edge.monitoring.health import Health
from edge.monitoring.status import Component, DeviceStatus
from edge.recognition.word import Word
from edge.sinks.web.listener import listen
from edge.sinks.web.message import (
    ANSWER_TYPES,
    MAX_WORDS,
    VIEW_LEVELS,
    ActiveModel,
    Answer,
    Clear,
    HealthMessage,
    Message,
    Ready,
    RequestedView,
    Settings,
    View,
    WordMessage,
)
from edge.workers.preview_data import aspect_of, has_picture, joints_of, small_picture
from edge.workers.process import Program
from edge.workers.supervisor import Host, SupervisedProcess
from landmarkers.frame import Frame, Landmarks

_WAITING: Final = 2 * MAX_WORDS
_HEALTH_EVERY_S: Final = 0.9  # the program is looked after every second, and the page wants it every two
_WIDTH: Final = 640
_QUALITY: Final = 70


class WebSink:
    """The live page of one device."""

    def __init__(
        self,
        config: WebConfig,
        *,
        device: str,
        version: str,
        active_model: ActiveModel,
        health: Callable[[], Health],
        status: DeviceStatus,
    ) -> None:
        """Start serving; a program that ends is started again for ever, and told of on `standing`.

        Raises ConfigInvalid, LibraryMissing.
        """
        self._settings = Settings(
            device=device,
            version=version,
            token=config.read_token(),
            origins=config.origins,
            view=config.view,
            visitors=config.visitors,
            certificate=None if config.certificate_file is None else str(config.certificate_file),
            key=None if config.key_file is None else str(config.key_file),
        )
        self._most = VIEW_LEVELS.index(config.view)
        self._reads = active_model
        self._health = health
        self._health_due = 0.0
        self._view_every_s = 1.0 / config.view_per_s
        self._watched = 0
        self._view_due = 0.0
        self._view: tuple[Frame, Landmarks, float] | None = None
        self._said: deque[WordMessage] = deque(maxlen=MAX_WORDS)
        self._cleared = Clear(0)
        self._shown_at = config.url
        self._listener = listen(config)
        self._program = SupervisedProcess(
            Program("edge.sinks.web", ANSWER_TYPES, (str(self._listener.fileno()),), (self._listener.fileno(),)),
            Host(self._beginning, self._next, self._hear),
            name="the live page",
            part=Component.WEB,
            status=status,
            waiting=_WAITING,
        )
        status.subscribe(self._tell_health)
        self._program.start()

    @property
    def pid(self) -> int | None:
        """The number of the program's process, while one runs."""
        return self._program.pid

    def emit(self, word: Word) -> None:
        """Show the word."""
        said = WordMessage(word.seq, word.to_json())
        with self._program.lock:
            self._said.append(said)
            self._program.send(said)

    def observe(self, frame: Frame, landmarks: Landmarks) -> None:
        """Keep the newest frame for those who watch; the program's thread makes a view of it."""
        now = time.monotonic()
        if not self._watched or now < self._view_due:
            return
        self._view_due = max(self._view_due + self._view_every_s, now)  # so that in the mean it is as often as wanted
        with self._program.lock:
            self._view = frame, landmarks, now
        self._program.ring()

    def clear(self) -> None:
        """Forget all words."""
        with self._program.lock:
            if self._said:
                self._cleared = Clear(self._said[-1].seq)
            self._said.clear()
            self._program.send(self._cleared)

    def set_model(self, reads: ActiveModel) -> None:
        """Another model reads the signs from now on."""
        with self._program.lock:
            self._reads = reads
            self._program.send(reads)
        self._tell_health()

    def close(self) -> None:
        """Serve no more."""
        self._program.close()
        self._listener.close()

    def _beginning(self) -> Iterable[Message]:
        self._watched = 0
        return [self._settings, self._reads, HealthMessage(self._health().to_json()), self._cleared, *self._said]

    def _tell_health(self) -> None:
        self._health_due = 0.0
        self._program.ring()

    def _next(self) -> Message | None:
        """Health when it is time, else the newest view."""
        if time.monotonic() >= self._health_due:
            self._health_due = time.monotonic() + _HEALTH_EVERY_S
            return HealthMessage(self._health().to_json())
        with self._program.lock:
            view, self._view = self._view, None
        if view is None or not self._watched:
            return None
        frame, landmarks, at = view
        is_seen = self._watched == VIEW_LEVELS.index("picture") and has_picture(frame)
        return View(at, aspect_of(frame), joints_of(landmarks), _jpeg(frame) if is_seen else b"")

    def _hear(self, answer: Answer) -> None:
        if isinstance(answer, Ready):
            self._program.tell_well(f"the live page is at {self._shown_at}", "the live page is back")
        elif isinstance(answer, RequestedView) and answer.view in VIEW_LEVELS:
            # Whatever becomes of that program: it gets no more than was configured.
            self._watched = min(VIEW_LEVELS.index(answer.view), self._most)


def _jpeg(frame: Frame) -> bytes:
    content = BytesIO()
    small_picture(frame, _WIDTH).save(content, "JPEG", quality=_QUALITY)
    return content.getvalue()
