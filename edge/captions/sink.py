"""Shows words on the device's screen, by a program of its own that is started, fed and started again.

Whatever happens to the screen or that program, words are taken at once: they wait in a bounded buffer, and a thread of
their own writes what the program takes.
"""

import logging
import socket
import threading
import time
from collections import deque
from typing import Final

from edge.captions.connector import on_desktop, plugged_in
from edge.captions.message import Clear, Drawn, Identify, Message, Ready, Said, State, encode
from edge.captions.process import ScreenProcess
from edge.captions.scene import REMEMBERED
from edge.captions.view import view_of
from edge.config import CaptionsConfig
from edge.standing import Part, Standing
from edge.word import Word
from landmarkers.frame import Frame, Landmarks

log = logging.getLogger(__name__)

_WAITING: Final = 64
"""Messages that may wait for the program; when there are more, the oldest are dropped."""
_LEAVE_S: Final = 0.6
_IDENTIFY_S: Final = 10.0
_LOOK_S: Final = 1.0  # between two looks at the connectors
_FIRST_RETRY_S: Final = 0.5
_LONGEST_RETRY_S: Final = 15.0
_STEADY_S: Final = 10.0  # a run of so long was no failed start


class CaptionSink:
    """The captions of one device."""

    def __init__(self, config: CaptionsConfig, *, device: str, standing: Standing) -> None:
        """Start showing; a screen that is away is tried again for ever, and told of on `standing`."""
        self._look = config.look()
        self._view_every_s = 1.0 / config.preview_per_s
        self._device = device
        self._standing = standing
        self._lock = threading.Lock()
        self._said: deque[Said] = deque(maxlen=REMEMBERED)
        self._waiting: deque[Message] = deque(maxlen=_WAITING)
        self._view: tuple[Frame, Landmarks, float] | None = None
        self._viewed_at = 0.0
        self._bell, self._ear = socket.socketpair()
        self._bell.settimeout(0.0)
        self._ear.settimeout(0.0)
        self._leaving = threading.Event()
        self._lost = False
        self.pid: int | None = None
        """The number of the screen's process, while one runs."""
        self.delay_s: float | None = None
        """How long the last word took from being emitted to being on the screen."""
        standing.watch(self._tell_state)
        # A daemon thread: a driver that hangs must not keep the program from leaving.
        self._thread = threading.Thread(target=self._keep_showing, name="captions", daemon=True)
        self._thread.start()

    def emit(self, word: Word) -> None:
        """Show the word."""
        said = Said(word.word, word.word_en, word.confidence, time.monotonic())
        with self._lock:
            self._said.append(said)
            self._waiting.append(said)
        self._ring()

    def look(self, frame: Frame, landmarks: Landmarks) -> None:
        """Show what the camera sees: keeps the newest frame, which the sink's thread makes small."""
        now = time.monotonic()
        if self._look.preview == "off" or now - self._viewed_at < self._view_every_s:
            return
        self._viewed_at = now
        with self._lock:
            self._view = frame, landmarks, now
        self._ring()

    def clear(self) -> None:
        """Take all words off the screen."""
        with self._lock:
            self._said.clear()
            self._waiting.append(Clear())
        self._ring()

    def identify(self) -> None:
        """Show the device's name for some seconds, so that staff find it."""
        self._send(Identify(self._device, time.monotonic() + _IDENTIFY_S))

    def close(self) -> None:
        """Take the captions off the screen; one that does not let go is left behind."""
        self._leaving.set()
        self._ring()
        self._thread.join(_LEAVE_S)

    def _send(self, message: Message) -> None:
        with self._lock:
            self._waiting.append(message)
        self._ring()

    def _tell_state(self) -> None:
        self._send(self._state())

    def _state(self) -> State:
        troubles = tuple(part.value for part in self._standing.troubles if part is not Part.SCREEN)
        return State(troubles, self._standing.paused)

    def _ring(self) -> None:
        """Wake the thread."""
        try:
            self._bell.send(b"!")
        except BlockingIOError:
            return  # it rings already

    def _keep_showing(self) -> None:
        retry_s = _FIRST_RETRY_S
        while not self._leaving.is_set():
            if not on_desktop() and plugged_in() == frozenset():
                self._tell_lost("no screen is plugged in")
                self._leaving.wait(_LOOK_S)
                continue
            began = time.monotonic()
            trouble = self._show()
            if trouble is None:
                return
            self._tell_lost(trouble)
            retry_s = _FIRST_RETRY_S if time.monotonic() - began > _STEADY_S else retry_s
            self._leaving.wait(retry_s)
            retry_s = min(2 * retry_s, _LONGEST_RETRY_S)

    def _show(self) -> str | None:
        """One run of the program; returns why it ended, or None when the captions are to end."""
        try:
            with ScreenProcess(self._look) as process:
                self.pid = process.pid
                return self._feed(process)
        except OSError as error:
            return f"its program cannot be started: {error}"
        finally:
            self.pid = None

    def _feed(self, process: ScreenProcess) -> str | None:
        """Write to the program what there is to show, until it fails or the captions are to end."""
        with self._lock:  # it begins with what still matters of all that was said before
            self._waiting.clear()
            self._waiting.extend([self._state(), *self._said])
        connectors = plugged_in()
        looked_at = time.monotonic()
        unwritten = memoryview(b"")
        while not self._leaving.is_set():
            unwritten = unwritten or memoryview(self._next())
            process.wait(self._ear.fileno(), _LOOK_S, to_write=bool(unwritten))
            self._hush()
            unwritten = unwritten[process.write(unwritten) :] if unwritten else unwritten
            for answer in process.answers():
                self._hear(answer)
            if process.trouble is not None:
                return process.trouble
            if not on_desktop() and time.monotonic() - looked_at > _LOOK_S:
                looked_at = time.monotonic()
                if plugged_in() != connectors:
                    return "a screen was plugged in or out"
        return None

    def _next(self) -> bytes:
        """The message to write now: words before views."""
        with self._lock:
            message = self._waiting.popleft() if self._waiting else None
            view, self._view = (self._view, None) if message is None else (None, self._view)
        if message is not None:
            return encode(message)
        if view is None:
            return b""
        frame, landmarks, at = view
        return encode(view_of(frame, landmarks, at, with_picture=self._look.preview == "picture"))

    def _hush(self) -> None:
        try:
            self._ear.recv(1 << 12)
        except BlockingIOError:
            return

    def _hear(self, answer: Message) -> None:
        if isinstance(answer, Drawn):
            self.delay_s = answer.at - answer.said_at
        elif isinstance(answer, Ready):
            size = f"{answer.size[0]}x{answer.size[1]}"
            log.log(
                logging.WARNING if self._lost else logging.INFO,
                "the screen is back: %s by %s" if self._lost else "captions are on a screen of %s by %s",
                size,
                answer.driver,
            )
            self._lost = False
            self._standing.tell(Part.SCREEN, None)

    def _tell_lost(self, why: str) -> None:
        """Log once when the screen is lost, not at every try."""
        if self._leaving.is_set():
            return
        if not self._lost:
            log.warning("the screen is lost: %s; trying again until it is back", why)
        self._lost = True
        self._standing.tell(Part.SCREEN, why)
