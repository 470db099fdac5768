"""One visit: what somebody sends over a websocket is read in turns, and answered."""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from itertools import count
from typing import Any, Final

from starlette.websockets import WebSocket, WebSocketDisconnect

from edge.sinks.web.visitors.inbox import Inbox, Request
from edge.sinks.web.visitors.jpeg import ImageRefused, size_of
from edge.sinks.web.visitors.process import RecognitionLost, RecognitionRefused
from edge.sinks.web.visitors.protocol import Message
from edge.sinks.web.visitors.recogniser import Recogniser

MESSAGE_BYTES: Final = 1 << 20

_SILENCE_S: Final = 30.0
_SEND_S: Final = 10.0
_REST_S: Final = 1.0  # when nothing comes for so long, the sign in hand has ended (as in activity_detection)
_MESSAGE_S: Final = 0.01  # so much of the server's time is a message's share, and so much its bytes'
_BYTES_PER_S: Final = 8e6
_MOST_WRONG: Final = 20  # messages in a row
_MOST_DEATHS: Final = 2  # of the process, over what one visitor sent

_TAKE: Final = "take"
_PICTURES: Final = ("look", "look back")
_BY_FIRST_BYTE: Final = {0: "look", 1: "look back", 2: _TAKE, 3: "landmarks"}

_numbers = count(1)


class Close(IntEnum):
    """Why the server ends a visit: codes of https://www.iana.org/assignments/websocket and, from 4000 on, our own."""

    MALFORMED = 1003
    TOO_LONG = 1009
    BROKEN = 1011
    FULL = 1013
    OFF = 4403
    SILENT = 4408


class Ended(Exception):
    """The visit is over; the message is the reason that the visitor is told."""

    def __init__(self, code: Close, reason: str) -> None:
        super().__init__(reason)
        self.code = code


@dataclass(slots=True)
class VisitorCounters:
    """What all visits together came to."""

    read: int = 0
    dropped: int = 0
    words: int = 0


class VisitorSession:
    """One visitor's, from the first message to the last."""

    def __init__(self, socket: WebSocket, recogniser: Recogniser, tally: VisitorCounters) -> None:
        """Of an accepted websocket."""
        self._socket = socket
        self._recogniser = recogniser
        self._tally = tally
        self._number = next(_numbers)
        self._asks = {name: socket.query_params.get(name) == "1" for name in ("words", "joints")}
        self._newest = Inbox()
        self._wrong = 0
        self._deaths = 0
        self._in_hand = False

    async def last(self) -> None:
        """Serve until the visitor leaves. Raises Ended when the visit is to be closed."""
        tasks: set[asyncio.Task[None]] = set()
        try:
            await self._come()
            tasks = {asyncio.create_task(self._hear()), asyncio.create_task(self._answer())}
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        except WebSocketDisconnect:
            return
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._recogniser.go(self._number)

    async def _come(self) -> None:
        try:
            await self._recogniser.come(self._number)
        except (RecognitionRefused, RecognitionLost) as error:
            raise _refused(error) from error

    async def _hear(self) -> None:
        """Take in what comes, no faster than is fair to all who share the server."""
        while True:
            try:
                message = await asyncio.wait_for(self._socket.receive(), _SILENCE_S)
            except TimeoutError:
                raise Ended(Close.SILENT, f"nothing came from you for {_SILENCE_S:.0f} s") from None
            if message["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(message["code"])
            content = message.get("bytes")
            if content is None:
                raise Ended(Close.MALFORMED, "only binary messages are understood: a byte and a JPEG")
            if len(content) > MESSAGE_BYTES:
                raise Ended(Close.TOO_LONG, f"a message may have {MESSAGE_BYTES} bytes at most")
            await self._take_in(content)
            await asyncio.sleep(max(_MESSAGE_S, len(content) / _BYTES_PER_S))

    async def _take_in(self, content: bytes) -> None:
        try:
            do = _what_to_do(content)
        except ImageRefused as error:
            await self._tell_wrong(str(error))
            return
        self._tally.dropped += self._newest.put(Request(do, content[1:], time.monotonic()))
        if do == _TAKE:
            await self._newest.wait_read()  # who sends several wants each of them read

    async def _answer(self) -> None:
        """Have the newest of what came read whenever it is the visitor's turn."""
        while True:
            if await self._newest.come(_REST_S if self._in_hand else None):
                more = await self._turn(self._newest.take)
                while more:
                    more = await self._turn(lambda: Request("go on"))
                self._newest.done()
            else:
                await self._turn(lambda: Request("finish"))

    async def _turn(self, choose: Callable[[], Request | None]) -> bool:
        """One turn at the recognition, for what is chosen when it begins; gives whether there is more to read."""
        try:
            async with self._recogniser.turn() as process:
                arrival = choose()
                if arrival is None:
                    return False
                reply = (await process.ask(self._message(arrival))).header
        except RecognitionRefused as error:
            raise _refused(error) from error
        except RecognitionLost as error:
            await self._mourn(error)
            return False
        self._tally.read += 1
        self._in_hand = reply["in_hand"]
        self._wrong = self._wrong if reply["refused"] else 0
        for answer in reply["answers"]:
            if "error" in answer:
                await self._tell_wrong(answer["error"])
            else:
                self._tally.words += "detected_sign" in answer
                await self._send(answer)
        more: bool = reply["more"]
        return more

    def _message(self, arrival: Request) -> Message:
        header = {"do": arrival.do, "visitor": self._number, "arrived": arrival.at}
        return Message(header | self._asks, arrival.content)

    async def _mourn(self, error: RecognitionLost) -> None:
        """The recognition is lost; who makes it die again and again is sent away."""
        self._in_hand = False
        self._deaths += error.is_at_fault
        if self._deaths >= _MOST_DEATHS:
            raise Ended(Close.BROKEN, "the recognition breaks down over what you send") from error
        await self._send({"error": "the recognition broke down and is started again; go on"})

    async def _tell_wrong(self, why: str) -> None:
        self._wrong += 1
        if self._wrong > _MOST_WRONG:
            raise Ended(Close.MALFORMED, f"too many messages in a row that cannot be read: {why}")
        await self._send({"error": why})

    async def _send(self, answer: dict[str, Any]) -> None:
        try:
            await asyncio.wait_for(self._socket.send_text(json.dumps(answer, ensure_ascii=False)), _SEND_S)
        except TimeoutError:
            raise Ended(Close.SILENT, "you do not read the answers") from None
        except RuntimeError as error:  # the server has closed the websocket by itself: what came was too long
            raise WebSocketDisconnect(Close.TOO_LONG) from error


def _what_to_do(content: bytes) -> str:
    """What is to be done with a message. Raises PictureRefused for a picture that is not to be decoded."""
    do = _BY_FIRST_BYTE.get(content[0]) if content else None
    if do is None:
        raise ImageRefused("a message begins with a byte of 0 to 3, and a JPEG follows 0 and 1")
    if do in _PICTURES:
        size_of(content[1:])
    return do


def _refused(error: Exception) -> Ended:
    return Ended(Close.BROKEN, f"no camera can be tried here now: {error}")
