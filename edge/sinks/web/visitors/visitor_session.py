"""One visitor's websocket session: its messages are processed in turns, and answered."""

import asyncio
import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from itertools import count
from typing import Any, Final

from starlette.websockets import WebSocket, WebSocketDisconnect

from edge.sinks.web.visitors.inbox import Inbox, Request
from edge.sinks.web.visitors.jpeg import ImageRefused, check_jpeg
from edge.sinks.web.visitors.process import RecognitionLost, RecognitionRefused
from edge.sinks.web.visitors.protocol import Action, Recognise
from edge.sinks.web.visitors.recogniser import Recogniser

MAX_MESSAGE_BYTES: Final = 1 << 20

_IDLE_TIMEOUT_S: Final = 30.0
_SEND_TIMEOUT_S: Final = 10.0
_FLUSH_AFTER_S: Final = 1.0  # without a message; the sign that is going on has then ended (as in activity_detection)
# The share of the server's time that a message may take, and its bytes.
_MESSAGE_S: Final = 0.01
_BYTES_PER_S: Final = 8e6
_MAX_INVALID: Final = 20  # messages in a row

_IMAGES: Final = (Action.IMAGE, Action.IMAGE_WITH_LANDMARKS)
_ACTIONS: Final = {0: Action.IMAGE, 1: Action.IMAGE_WITH_LANDMARKS, 2: Action.TAKE, 3: Action.LANDMARKS}

_ids = count(1)


class CloseCode(IntEnum):
    """Why the server closes a session.

    The codes are those of https://www.iana.org/assignments/websocket and, from 4000 on, our own.
    """

    INVALID = 1003
    TOO_LONG = 1009
    FAILED = 1011
    FULL = 1013
    DISABLED = 4403
    IDLE = 4408
    TURN_OVER = 4409


class SessionClosed(Exception):
    """The server closes the session; the message is the reason that the visitor gets."""

    def __init__(self, code: CloseCode, reason: str) -> None:
        super().__init__(reason)
        self.code = code


@dataclass(slots=True)
class VisitorCounters:
    """Totals over all sessions."""

    processed: int = 0
    dropped: int = 0
    words: int = 0


class VisitorSession:
    """Serves one visitor, from the first message to the last."""

    def __init__(
        self, socket: WebSocket, recogniser: Recogniser, counters: VisitorCounters, on_crash: Callable[[], float]
    ) -> None:
        """`socket` is an accepted websocket.

        `on_crash` is called when the recognition crashed on what the visitor sent, and returns the seconds to wait.
        """
        self._socket = socket
        self._on_crash = on_crash
        self._recogniser = recogniser
        self._counters = counters
        self._id = next(_ids)
        self._options = {name: socket.query_params.get(name) == "1" for name in ("words", "joints")}
        self._inbox = Inbox()
        self._invalid_count = 0
        self._is_active = False
        self._accepted_at = time.monotonic()

    async def serve(self) -> None:
        """Serve until the visitor leaves. Raises SessionClosed if the server is to close the websocket."""
        tasks: set[asyncio.Task[None]] = set()
        try:
            await self._start_recogniser()
            self._accepted_at = time.monotonic()  # starting may take longer than a visitor may be idle
            tasks = {asyncio.create_task(self._receive()), asyncio.create_task(self._process())}
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        except WebSocketDisconnect:
            return
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._recogniser.leave(self._id)

    async def _start_recogniser(self) -> None:
        try:
            await self._recogniser.enter(self._id)
        except RecognitionRefused as error:
            raise _unavailable(error) from error

    async def _receive(self) -> None:
        """Receive messages, no faster than is fair to all who share the server."""
        while True:
            idle_s = time.monotonic() - self._accepted_at
            try:
                message = await asyncio.wait_for(self._socket.receive(), _IDLE_TIMEOUT_S - idle_s)
            except TimeoutError:
                reason = f"no valid message came from you for {_IDLE_TIMEOUT_S:.0f} s"
                raise SessionClosed(CloseCode.IDLE, reason) from None
            if message["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(message["code"])
            content = message.get("bytes")
            if content is None:
                raise SessionClosed(CloseCode.INVALID, "only binary messages are accepted: a byte and a JPEG")
            if len(content) > MAX_MESSAGE_BYTES:
                raise SessionClosed(CloseCode.TOO_LONG, f"a message may have at most {MAX_MESSAGE_BYTES} bytes")
            await self._accept(content)
            await asyncio.sleep(max(_MESSAGE_S, len(content) / _BYTES_PER_S))

    async def _accept(self, content: bytes) -> None:
        try:
            action = _action_of(content)
        except ImageRefused as error:
            await self._send_error(str(error))
            return
        self._counters.dropped += self._inbox.put(Request(action, content[1:], time.monotonic()))
        if action == Action.TAKE:
            await self._inbox.join()  # a visitor who sends several takes wants each of them processed
        self._accepted_at = time.monotonic()

    async def _process(self) -> None:
        """Process the latest request whenever it is the visitor's turn."""
        while True:
            if await self._inbox.wait(_FLUSH_AFTER_S if self._is_active else None):
                has_more = await self._take_turn(self._inbox.take)
                while has_more:
                    has_more = await self._take_turn(lambda: Request(Action.CONTINUE_TAKE))
                self._inbox.task_done()
            else:
                await self._take_turn(lambda: Request(Action.FLUSH))

    async def _take_turn(self, choose: Callable[[], Request | None]) -> bool:
        """Use one turn of the recogniser for the request chosen at its start; return True if a take has more frames."""
        try:
            async with self._recogniser.turn() as process:
                request = choose()
                if request is None:
                    return False
                reply = await process.ask(self._message(request))
        except RecognitionRefused as error:
            raise _unavailable(error) from error
        except RecognitionLost as error:
            await self._handle_loss(error)
            return False
        self._counters.processed += 1
        self._is_active = reply.is_active
        self._invalid_count = self._invalid_count if reply.is_refused else 0
        for answer in reply.answers:
            if "error" in answer:
                await self._send_error(answer["error"])
            else:
                self._counters.words += "detected_sign" in answer
                await self._send(answer)
        return reply.has_more

    def _message(self, request: Request) -> Recognise:
        return Recognise(request.action, self._id, request.received_at, payload=request.content, **self._options)

    async def _handle_loss(self, error: RecognitionLost) -> None:
        """Tell the visitor that the process is restarted; close a session that makes it crash again and again."""
        self._is_active = False
        if error.is_at_fault and (delay_s := self._on_crash()):
            raise crashed(delay_s) from error
        await self._send({"error": "the recognition is restarted; please continue"})

    async def _send_error(self, reason: str) -> None:
        self._invalid_count += 1
        if self._invalid_count > _MAX_INVALID:
            raise SessionClosed(CloseCode.INVALID, f"too many invalid messages in a row: {reason}")
        await self._send({"error": reason})

    async def _send(self, answer: dict[str, Any]) -> None:
        try:
            await asyncio.wait_for(self._socket.send_text(json.dumps(answer, ensure_ascii=False)), _SEND_TIMEOUT_S)
        except TimeoutError:
            raise SessionClosed(CloseCode.IDLE, "you do not read the answers") from None
        except RuntimeError as error:  # the server itself has closed the websocket: a message was too long
            raise WebSocketDisconnect(CloseCode.TOO_LONG) from error


def _action_of(content: bytes) -> Action:
    """Return what is to be done with a message. Raises ImageRefused for a picture that must not be decoded."""
    action = _ACTIONS.get(content[0]) if content else None
    if action is None:
        raise ImageRefused("a message begins with a byte of 0 to 3, and a JPEG follows 0 and 1")
    if action in _IMAGES:
        check_jpeg(content[1:])
    return action


def crashed(delay_s: float) -> SessionClosed:
    """Return the refusal of a visitor on whose messages the recognition crashed, and who must wait."""
    reason = f"the recognition crashes on what you send; you can come back in {math.ceil(delay_s)} s"
    return SessionClosed(CloseCode.FAILED, reason)


def _unavailable(error: Exception) -> SessionClosed:
    return SessionClosed(CloseCode.FAILED, f"no camera can be tried here now: {error}")
