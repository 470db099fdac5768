"""Lets visitors in, as many as may, and says how many there are.

The recognition is started when the first comes, and ended when none has been here for a while: it takes memory.
"""

import asyncio
from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter, WebSocket
from starlette.websockets import WebSocketDisconnect

from edge.sinks.web.visitors.recogniser import Recogniser
from edge.sinks.web.visitors.visitor_session import MESSAGE_BYTES, Close, Ended, VisitorCounters, VisitorSession

PATH: Final = "/live-signs"

SERVER_OPTIONS: Final[dict[str, Any]] = {
    # Twice what is read, so that who sends somewhat too much is told so in words.
    "ws_max_size": 2 * MESSAGE_BYTES,
    # JPEGs and float32 do not shrink, and what is small on the way may be huge.
    "ws_per_message_deflate": False,
}
"""What uvicorn is to be told where visitors may come."""

_REASON_BYTES: Final = 123  # a close frame has room for no more (RFC 6455, 5.5)
_CLOSE_S: Final = 2.0


class Visitors:
    """Those who try their own cameras."""

    def __init__(self, limit: int) -> None:
        """At most `limit` at a time."""
        self._limit = limit
        self._recogniser = Recogniser()
        self._tally = VisitorCounters()
        self._present = 0
        self._refused = 0
        self.router = APIRouter()
        """Serves the websocket."""
        self.router.add_api_websocket_route(PATH, self._serve)

    def load_model(self, folder: Path, threshold: float | None) -> None:
        """Read what they sign with this bundle from now on; without a threshold its own holds.

        To be called on the event loop's thread. Until it is called, visitors are told that no model reads here.
        """
        self._recogniser.take_up(folder, threshold)

    async def close(self) -> None:
        """End the recognition; who is still here is told that it broke down."""
        await self._recogniser.close()

    def counts(self) -> dict[str, int]:
        """How many there are, and what came of it all since the start."""
        return {
            "visitors": self._present,
            "refused": self._refused,
            "read": self._tally.read,
            "dropped": self._tally.dropped,
            "words": self._tally.words,
            "deaths": self._recogniser.deaths,
        }

    async def _serve(self, socket: WebSocket) -> None:
        await socket.accept()
        try:
            self._refuse_too_many()
            self._present += 1
            try:
                await VisitorSession(socket, self._recogniser, self._tally).last()
            finally:
                self._present -= 1
        except Ended as ended:
            await _close(socket, ended)

    def _refuse_too_many(self) -> None:
        if self._limit == 0:
            raise Ended(Close.OFF, "this device lets nobody try their own camera")
        if self._present >= self._limit:
            self._refused += 1
            many = "1 visitor tries" if self._limit == 1 else f"{self._limit} visitors try"
            raise Ended(Close.FULL, f"{many} their cameras here already, and no more may; come back in a while")


async def _close(socket: WebSocket, ended: Ended) -> None:
    """Tell the visitor why, in a message and in the close itself; one who reads neither is left."""
    reason = str(ended).encode()[:_REASON_BYTES].decode(errors="ignore")
    try:
        async with asyncio.timeout(_CLOSE_S):
            await socket.send_json({"error": str(ended)})
            await socket.close(ended.code, reason)
    except (TimeoutError, WebSocketDisconnect, RuntimeError):
        return
