"""uvicorn's protocols with the deadlines that it lacks: for the request, and for the client to take what is sent."""

import asyncio
from functools import partial
from typing import Any, Final, cast

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState

from edge.sinks.web.connections import Connection

CONNECTION: Final = "connection"
"""The key of the connection in the state of a request's scope."""

REQUEST_TIMEOUT_S: Final = 10.0
"""A whole request, headers and body, must have come this long after the connection or the response before it."""

SEND_TIMEOUT_S: Final = 30.0
"""The client must have taken what is sent to it after this time."""

_REQUEST: Final = "request"
_SEND: Final = "send"


class _SendTimeout(asyncio.Protocol):
    """Closes a connection whose client does not take what it is sent; mixed into a protocol."""

    connection: Connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Have the transport call `pause_writing` whenever something is left to send."""
        super().connection_made(transport)
        transport = cast("asyncio.Transport", transport)
        self.connection.close = transport.abort
        transport.set_write_buffer_limits(high=1, low=0)

    def pause_writing(self) -> None:
        """Start the timeout."""
        super().pause_writing()
        self.connection.set_deadline(_SEND, SEND_TIMEOUT_S)

    def resume_writing(self) -> None:
        """End the timeout: everything is sent."""
        super().resume_writing()
        self.connection.cancel_deadline(_SEND)

    def connection_lost(self, exc: Exception | None) -> None:
        """Free the connection's place."""
        super().connection_lost(exc)
        self.connection.leave()


class WebSocketProtocol(_SendTimeout, WebSocketsSansIOProtocol):
    """A websocket."""

    def __init__(self, connection: Connection, **options: Any) -> None:
        """`options` are those of uvicorn."""
        super().__init__(**options)
        self.connection = connection


class HttpProtocol(_SendTimeout, H11Protocol):
    """HTTP, and the beginning of a websocket."""

    def __init__(self, connection: Connection, config: Config, state: ServerState) -> None:
        """`connection` is in the state of each request's scope."""
        super().__init__(config, state, {CONNECTION: connection})
        self.ws_protocol_class = partial(WebSocketProtocol, connection)  # type: ignore[assignment]
        self.connection = connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for the first request."""
        super().connection_made(transport)
        self._update_deadline()

    def handle_events(self) -> None:
        """Handle what has been received."""
        super().handle_events()
        self._update_deadline()

    def _update_deadline(self) -> None:
        is_replaced = self.transport.get_protocol() is not self  # by a websocket's
        if is_replaced or self.conn.their_state not in (h11.IDLE, h11.SEND_BODY):
            self.connection.cancel_deadline(_REQUEST)
            self.connection.is_busy = True
        else:
            self.connection.set_deadline(_REQUEST, REQUEST_TIMEOUT_S)
            self.connection.is_busy = False
