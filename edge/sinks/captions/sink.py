"""The sink that shows words or utterances on the device's screen, through a supervised caption worker."""

import time
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import Final

from edge.config import CaptionsConfig
from edge.monitoring.status import Component, DeviceStatus
from edge.requests import Reply
from edge.sinks.captions.connector import connected_screens, is_on_desktop
from edge.sinks.captions.message import (
    ANSWER_TYPES,
    Answer,
    CaptionsDisplayed,
    Clear,
    Identify,
    Invite,
    Message,
    Ready,
    ReplyMessage,
    StatusMessage,
    TeachingMessage,
)
from edge.sinks.captions.style import CaptionStyle
from edge.sinks.captions.transcript import Transcript
from edge.sinks.captions.view import view_of
from edge.utterances.utterance import Event
from edge.workers.process import Program
from edge.workers.supervisor import Callbacks, SupervisedProcess
from landmarkers.frame import Frame, Landmarks

_MAX_QUEUED: Final = 64
_IDENTIFY_S: Final = 10.0
_ABSENT_S: Final = 180.0  # somebody who lost the session needs the code again
_POSTPONE_EVERY_S: Final = 5.0


class CaptionSink:
    """Shows the captions of one device."""

    def __init__(self, config: CaptionsConfig, *, device: str, status: DeviceStatus) -> None:
        """Start the worker; an unavailable screen is retried forever and reported to `status`."""
        self._preview = config.preview
        self._view_every_s = 1.0 / config.preview_per_s
        self._device = device
        self._status = status
        self._transcript = Transcript(of_utterances=config.show == "utterances")
        self._reply: ReplyMessage | None = None
        self._invite: Invite | None = None
        self._teaching = TeachingMessage()
        self._pending_view: tuple[Frame, Landmarks, float] | None = None
        self._viewed_at = 0.0
        self._screens: frozenset[str] | None = None
        self.delay_s: float | None = None
        """The time that the newest word or line took from its emission to the screen."""
        style = CaptionStyle.from_options(config.model_dump())
        self._worker = SupervisedProcess(
            Program("edge.sinks.captions", ANSWER_TYPES, (style.to_json(),)),
            Callbacks(
                initial_messages=self._initial_messages,
                next_message=self._next_view,
                receive=self._receive,
                report=partial(status.report, Component.SCREEN),
                escalation=status.escalation(Component.SCREEN),
                poll=self._unavailable_reason,
            ),
            name="the screen",
            max_queued=_MAX_QUEUED,
        )
        status.subscribe(lambda: self._worker.send(self._status_message()))
        self._worker.start()

    @property
    def pid(self) -> int | None:
        """The worker's process id, while one runs."""
        return self._worker.pid

    def emit(self, event: Event) -> None:
        """Show the event, if it is of those that are shown."""
        with self._worker.lock:
            if self._transcript.add(event, time.monotonic()):
                self._worker.send(self._transcript.message)

    def show_reply(self, reply: Reply) -> None:
        """Show a reply for as long as somebody needs to read it, or remove it if it is empty."""
        message = ReplyMessage(reply.text, reply.partial, time.monotonic() + reply.shown_for_s)
        with self._worker.lock:
            self._reply = message
            self._worker.send(message)

    def show_teaching(self, teaching: TeachingMessage) -> None:
        """Show the next action of a signer who teaches the device."""
        with self._worker.lock:
            self._teaching = teaching
            self._worker.send(teaching)

    def observe(self, frame: Frame, landmarks: Landmarks) -> None:
        """Keep the newest frame for the preview; the supervisor's thread reduces it."""
        now = time.monotonic()
        if self._preview == "off" or now - self._viewed_at < self._view_every_s:
            return
        self._viewed_at = now
        with self._worker.lock:
            self._pending_view = frame, landmarks, now
        self._worker.wake()

    def clear(self) -> None:
        """Remove all words, lines and the reply from the screen."""
        with self._worker.lock:
            self._reply = None
            self._transcript.clear()
            self._worker.send(Clear())

    def identify(self) -> None:
        """Show the device's name for ten seconds, so that staff find it."""
        self._worker.send(Identify(self._device, time.monotonic() + _IDENTIFY_S))

    def invite(self, *, urls: tuple[str, ...], link: str, code: str, fingerprint: str) -> None:
        """Invite people to set the device up, until somebody does; what was postponed stays so."""
        with self._worker.lock:
            begins = time.monotonic() if self._invite is None else self._invite.begins
            self._invite = Invite(urls, link, code, fingerprint, begins)
            self._worker.send(self._invite)

    def postpone_invitation(self) -> None:
        """Show captions instead of the invitation, as long as somebody sets the device up and for a while after."""
        with self._worker.lock:
            if self._invite is None or self._invite.begins > time.monotonic() + _ABSENT_S - _POSTPONE_EVERY_S:
                return
            self._invite = replace(self._invite, begins=time.monotonic() + _ABSENT_S)
            self._worker.send(self._invite)

    def close(self) -> None:
        """Remove the captions from the screen; a worker that does not end in time is abandoned."""
        self._worker.close()

    def _status_message(self) -> StatusMessage:
        faults = tuple(component.value for component in self._status.faults if component is not Component.SCREEN)
        keeping = self._status.keeping is not None
        return StatusMessage(faults, self._status.paused, self._status.obstacle or "", keeping)

    def _initial_messages(self) -> Iterable[Message]:
        reply = [] if self._reply is None else [self._reply]
        invite = [] if self._invite is None else [self._invite]
        return [self._status_message(), self._transcript.message, self._teaching, *reply, *invite]

    def _next_view(self) -> Message | None:
        with self._worker.lock:
            view, self._pending_view = self._pending_view, None
        if view is None:
            return None
        frame, landmarks, at = view
        return view_of(frame, landmarks, at, with_image=self._preview == "picture")

    def _receive(self, answer: Answer) -> None:
        if isinstance(answer, CaptionsDisplayed):
            self.delay_s = answer.displayed_at - answer.emitted_at
        elif isinstance(answer, Ready):
            size = f"{answer.size[0]}x{answer.size[1]} by {answer.driver}"
            self._worker.report_ready(f"captions are on a screen of {size}", f"the screen is back: {size}")

    def _unavailable_reason(self) -> str | None:
        """Return why the worker cannot run: no screen, or another one, which SDL does not notice without a desktop."""
        if is_on_desktop():
            return None
        before, self._screens = self._screens, connected_screens()
        if self._screens == frozenset():
            return "no screen is plugged in"
        has_changed = self.pid is not None and self._screens != before
        return "a screen was plugged in or out" if has_changed else None
