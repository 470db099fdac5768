"""The HTTP and websocket server on the socket that the daemon opens; it closes connections that are not used."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from edge.sinks.web.visitors.visitors import SERVER_OPTIONS

_MAX_CONNECTIONS: Final = 200
_REQUEST_TIMEOUT_S: Final = 5.0


class RequestTimeoutProtocol(H11Protocol):
    """Closes a connection on which no whole request has come for a while."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in H11Protocol
        """Start the timeout of a new connection."""
        super().connection_made(transport)
        self.loop.call_later(_REQUEST_TIMEOUT_S, self._close_unused)

    def _close_unused(self) -> None:
        # A websocket has replaced the protocol of its transport.
        has_request = self.cycle is not None or self.transport.get_protocol() is not self
        if not has_request:
            self.transport.close()


class Server(uvicorn.Server):
    """A server that runs until `stop` is called."""

    def __init__(self, app: ASGIApp, on_ready: Callable[[], None], *, certificate: str | None, key: str | None) -> None:
        """`on_ready` is called once the server accepts connections."""
        super().__init__(
            uvicorn.Config(
                app,
                http=RequestTimeoutProtocol,
                ws="websockets-sansio",
                lifespan="off",
                log_level="warning",
                access_log=False,
                proxy_headers=False,
                server_header=False,
                headers=[("Server", "ishara")],
                limit_concurrency=_MAX_CONNECTIONS,
                ssl_certfile=certificate,
                ssl_keyfile=key,
                **SERVER_OPTIONS,
            )
        )
        self._on_ready = on_ready

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture no signals: Ctrl-C and a service's stop reach the daemon as well, which ends this process."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening."""
        await super().startup(sockets)
        self._on_ready()

    def stop(self) -> None:
        """Make `serve` return soon, whoever is still connected."""
        self.should_exit = self.force_exit = True
