"""The websocket of visitors with their own cameras: accepts as many as are allowed, and counts them.

The recognition starts with the first visitor, and stops when none was there for a while: it takes memory.
"""

import asyncio
from typing import Any, Final

from fastapi import APIRouter, WebSocket
from starlette.websockets import WebSocketDisconnect

from edge.sinks.web.connections import network_of
from edge.sinks.web.visitors.crash_delays import CrashDelays
from edge.sinks.web.visitors.places import Places, PlacesTaken
from edge.sinks.web.visitors.protocol import LoadModel
from edge.sinks.web.visitors.recogniser import Recogniser
from edge.sinks.web.visitors.visitor_session import (
    MAX_MESSAGE_BYTES,
    CloseCode,
    SessionClosed,
    VisitorCounters,
    VisitorSession,
    crashed,
)

PATH: Final = "/live-signs"

SERVER_OPTIONS: Final[dict[str, Any]] = {
    # Twice the accepted size, so that a message that is only somewhat too long is refused with a reason.
    "ws_max_size": 2 * MAX_MESSAGE_BYTES,
    # JPEGs and float32 do not shrink, and a small compressed message may be huge.
    "ws_per_message_deflate": False,
}
"""The options that uvicorn needs for visitors."""

_MAX_REASON_BYTES: Final = 123  # the limit of a close frame (RFC 6455, 5.5)
_CLOSE_TIMEOUT_S: Final = 2.0


class Visitors:
    """Accepts visitors, and counts what they did."""

    def __init__(self, limit: int) -> None:
        """At most `limit` visitors are accepted at a time."""
        self._limit = limit
        self._places = Places(limit)
        self._recogniser = Recogniser()
        self._counters = VisitorCounters()
        self._delays = CrashDelays()
        self._refused = 0
        self.router = APIRouter()
        """Serves the websocket."""
        self.router.add_api_websocket_route(PATH, self._serve)

    def load_model(self, model: LoadModel) -> None:
        """Recognise with this model from now on.

        To be called on the event loop's thread. Before the first call, visitors get an error that no model is loaded.
        """
        self._recogniser.load_model(model)

    async def close(self) -> None:
        """Stop the recognition; visitors that are still connected get an error."""
        await self._recogniser.close()

    def counts(self) -> dict[str, int]:
        """Return the number of visitors now, and the totals since the start."""
        return {
            "visitors": self._places.taken_count,
            "refused": self._refused,
            "processed": self._counters.processed,
            "dropped": self._counters.dropped,
            "words": self._counters.words,
            "restarts": self._recogniser.restarts,
        }

    async def _serve(self, socket: WebSocket) -> None:
        await socket.accept()
        try:
            await self._serve_in_place(socket)
        except SessionClosed as closed:
            await _close(socket, closed)

    async def _serve_in_place(self, socket: WebSocket) -> None:
        """Serve the visitor until the end of the turn, at the latest. Raises SessionClosed."""
        if self._limit == 0:
            raise SessionClosed(CloseCode.DISABLED, "visitors cannot try their own cameras on this device")
        network = "" if socket.client is None else network_of(socket.client.host)
        if delay_s := self._delays.remaining_s(network):
            raise crashed(delay_s)
        session = VisitorSession(
            socket, self._recogniser, self._counters, on_crash=lambda: self._delays.add_crash(network)
        )
        try:
            async with asyncio.timeout(None) as turn:
                with self._places.take(network, lambda: turn.reschedule(0.0)):
                    await session.serve()
        except TimeoutError:
            reason = "your turn is over, and another visitor tries the device now"
            raise SessionClosed(CloseCode.TURN_OVER, reason) from None
        except PlacesTaken:
            self._refused += 1
            many = "1 visitor tries" if self._limit == 1 else f"{self._limit} visitors try"
            reason = f"{many} their cameras on this device already, which is the limit; try again later"
            raise SessionClosed(CloseCode.FULL, reason) from None


async def _close(socket: WebSocket, closed: SessionClosed) -> None:
    """Send the reason in a message and in the close frame, without waiting for long."""
    reason = str(closed).encode()[:_MAX_REASON_BYTES].decode(errors="ignore")
    try:
        async with asyncio.timeout(_CLOSE_TIMEOUT_S):
            await socket.send_json({"error": str(closed)})
            await socket.close(closed.code, reason)
    except (TimeoutError, WebSocketDisconnect, RuntimeError):
        return
