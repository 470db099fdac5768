"""The sink that feeds the live page: words, utterances, health and views for a supervised worker that serves browsers.

Content from visitors never enters the daemon: it reaches that worker, which can request two things only: that views
are made while a browser shows them, and that a command of somebody with the token is executed. The worker is not
trusted with either: the daemon reads the command itself, and executes few of them, and not too many at a time.
"""

import os
import time
from collections import deque
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Final

from edge.commands import Commands, RateLimit, Response
from edge.config import WebConfig
from edge.monitoring.health import Health
from edge.monitoring.status import Component, DeviceStatus
from edge.requests import Command, Reply
from edge.sinks.web.listener import listen
from edge.sinks.web.message import (
    ANSWER_TYPES,
    MAX_EVENTS,
    VIEW_LEVELS,
    ActiveModel,
    Answer,
    Clear,
    CommandMessage,
    CommandOutcome,
    EventMessage,
    HealthMessage,
    Message,
    Ready,
    ReplyMessage,
    RequestedView,
    Settings,
    StateMessage,
    View,
)
from edge.sinks.web.page_watch import PageWatch
from edge.utterances.utterance import Event, Line, Utterance
from edge.workers.joints import joints_of
from edge.workers.preview_data import aspect_of, has_image, reduced_image
from edge.workers.process import Program
from edge.workers.supervisor import Callbacks, SupervisedProcess
from landmarkers.frame import Frame, Landmarks

PAGE_COMMANDS: Final = (
    Command.REPLY,
    Command.CORRECT,
    Command.TEACH,
    Command.TEACHING,
    Command.LEARNED,
    Command.CONSENT,
    Command.SETUP,
    Command.SETTINGS,
    Command.DOCTOR,
    Command.SUPPORT_BUNDLE,
)
"""The commands that the page may have executed."""

COMMAND_BURST: Final = 40
"""Commands of the page in ten seconds; a reply is sent on while it is written."""

_MAX_QUEUED: Final = 2 * MAX_EVENTS
_HEALTH_EVERY_S: Final = 0.9  # the supervisor wakes up every second, and the page wants health every two
_MAX_WIDTH: Final = 640
_JPEG_QUALITY: Final = 70
# Otherwise glibc keeps what the dictionary needs for a moment (mallopt(3), M_MMAP_THRESHOLD).
_MEMORY: Final = {"MALLOC_MMAP_THRESHOLD_": str(1 << 17)}


class WebSink:
    """Feeds the live page of one device."""

    def __init__(
        self,
        config: WebConfig,
        *,
        device: str,
        version: str,
        active_model: ActiveModel,
        health: Callable[[], Health],
        status: DeviceStatus,
        commands: Commands,
    ) -> None:
        """Start serving; a worker that ends is restarted forever, and its failure is reported to `status`.

        Raises ConfigInvalid, LibraryMissing.
        """
        self._settings = _settings(config, device, version)
        self._max_view_level = VIEW_LEVELS.index(config.view)
        self._active_model = active_model
        self._health = health
        self._commands = commands
        self._command_rate = RateLimit(COMMAND_BURST)
        self._health_due = 0.0
        self._view_every_s = 1.0 / config.view_per_s
        self._view_level = 0
        self._view_due = 0.0
        self._pending_view: tuple[Frame, Landmarks, float] | None = None
        self._events: deque[EventMessage] = deque(maxlen=MAX_EVENTS)
        self._line: EventMessage | None = None
        self._clear = Clear(0)
        self._reply: ReplyMessage | None = None
        self._states: dict[str, StateMessage] = {}
        self._announcement = config.announcement
        self._status = status
        self._listener = listen(config)
        socket_fd = self._listener.fileno()
        self._worker = SupervisedProcess(
            Program("edge.sinks.web", ANSWER_TYPES, (str(socket_fd),), (socket_fd,), environment=os.environ | _MEMORY),
            Callbacks(
                initial_messages=self._initial_messages,
                next_message=self._next_message,
                receive=self._receive,
                report=self._report,
                escalation=status.escalation(Component.WEB),
            ),
            name="the live page",
            max_queued=_MAX_QUEUED,
        )
        status.subscribe(self._send_health)
        self._watch = PageWatch(config, self._settings.token, status)
        self._worker.start()

    @property
    def pid(self) -> int | None:
        """The worker's process id, while one runs."""
        return self._worker.pid

    def emit(self, event: Event) -> None:
        """Show the event."""
        message = EventMessage(event.event_type, 0 if isinstance(event, Line) else event.seq, event.to_json())
        with self._worker.lock:
            if isinstance(event, Line):
                self._line = message
            else:
                self._events.append(message)
            if isinstance(event, Utterance):
                self._line = None
            self._worker.send(message)

    def show_reply(self, reply: Reply) -> None:
        """Show a reply for as long as somebody needs to read it, or remove it if it is empty."""
        message = ReplyMessage(reply.text, reply.partial, time.monotonic() + reply.shown_for_s)
        with self._worker.lock:
            self._reply = message
            self._worker.send(message)

    def show_state(self, message: StateMessage) -> None:
        """Show the state of teaching, of consent or of a health check, as it is now."""
        with self._worker.lock:
            self._states[message.event_type] = message
            self._worker.send(message)

    def observe(self, frame: Frame, landmarks: Landmarks) -> None:
        """Keep the latest frame for the browsers; the supervisor's thread makes a view of it."""
        now = time.monotonic()
        if not self._view_level or now < self._view_due:
            return
        self._view_due = max(self._view_due + self._view_every_s, now)  # the mean rate is the configured one
        with self._worker.lock:
            self._pending_view = frame, landmarks, now
        self._worker.wake()

    def clear(self) -> None:
        """Remove all words, lines and the reply."""
        with self._worker.lock:
            if self._events:
                self._clear = Clear(self._events[-1].seq)
            self._events.clear()
            self._line = None
            self._reply = None
            self._worker.send(self._clear)

    def set_model(self, active_model: ActiveModel) -> None:
        """Show and serve to visitors another model from now on."""
        with self._worker.lock:
            self._active_model = active_model
            self._worker.send(active_model)
        self._send_health()

    def close(self) -> None:
        """Stop serving."""
        self._watch.close()
        self._worker.close()
        self._listener.close()

    def _initial_messages(self) -> Iterable[Message]:
        self._view_level = 0
        health = HealthMessage(self._health().to_json())
        line = [] if self._line is None else [self._line]
        reply = [] if self._reply is None else [self._reply]
        states = self._states.values()
        return [self._settings, self._active_model, health, self._clear, *self._events, *line, *reply, *states]

    def _send_health(self) -> None:
        self._health_due = 0.0
        self._worker.wake()

    def _next_message(self) -> Message | None:
        """Return health when it is due, else the latest view."""
        if time.monotonic() >= self._health_due:
            self._health_due = time.monotonic() + _HEALTH_EVERY_S
            return HealthMessage(self._health().to_json())
        with self._worker.lock:
            view, self._pending_view = self._pending_view, None
        if view is None or not self._view_level:
            return None
        frame, landmarks, at = view
        with_image = self._view_level == VIEW_LEVELS.index("picture") and has_image(frame)
        return View(at, aspect_of(frame), joints_of(landmarks), _jpeg(frame) if with_image else b"")

    def _report(self, fault: str | None) -> None:
        self._status.report(Component.WEB, fault)
        self._watch.set_served(is_served=fault is None)

    def _receive(self, answer: Answer) -> None:
        if isinstance(answer, Ready):
            self._worker.report_ready(self._announcement, f"the live page is back: {self._announcement}")
        elif isinstance(answer, RequestedView) and answer.view in VIEW_LEVELS:
            # Even a compromised worker gets no more than was configured.
            self._view_level = min(VIEW_LEVELS.index(answer.view), self._max_view_level)
        elif isinstance(answer, CommandMessage):
            response = self._execute(answer.command)
            self._worker.send(CommandOutcome(answer.number, response.ok, response.to_json()))

    def _execute(self, command: str) -> Response:
        if self._settings.token is None:
            return Response(ok=False, error="commands need a token: set token_file in [web]")
        if not self._command_rate.admit():
            return Response(ok=False, error="too many commands arrive; wait ten seconds")
        return self._commands.execute(command.encode(errors="replace"), PAGE_COMMANDS)


def _settings(config: WebConfig, device: str, version: str) -> Settings:
    return Settings(
        device=device,
        version=version,
        token=config.read_token(),
        origins=config.origins,
        view=config.view,
        visitors=config.visitors,
        is_setup=config.is_setup,
        certificate=None if config.certificate_file is None else str(config.certificate_file),
        key=None if config.key_file is None else str(config.key_file),
    )


def _jpeg(frame: Frame) -> bytes:
    content = BytesIO()
    reduced_image(frame, _MAX_WIDTH).save(content, "JPEG", quality=_JPEG_QUALITY)
    return content.getvalue()
