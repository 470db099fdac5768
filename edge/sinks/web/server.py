"""Answers HTTP and websockets on the socket that the daemon lends, and lets go who wastes its connections."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from edge.sinks.web.visitors.visitors import SERVER_OPTIONS

_MOST_CONNECTIONS: Final = 200
_ASK_S: Final = 5.0


class PromptProtocol(H11Protocol):
    """Lets go who connects and asks for nothing for a while."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in H11Protocol
        """Somebody has connected."""
        super().connection_made(transport)
        self.loop.call_later(_ASK_S, self._let_go)

    def _let_go(self) -> None:
        has_asked = self.cycle is not None or self.transport.get_protocol() is not self  # this by a websocket
        if not has_asked:
            self.transport.close()


class Server(uvicorn.Server):
    """Serves until it is ended."""

    def __init__(self, app: ASGIApp, ready: Callable[[], None], *, certificate: str | None, key: str | None) -> None:
        """`ready` is called once it listens."""
        super().__init__(
            uvicorn.Config(
                app,
                http=PromptProtocol,
                ws="websockets-sansio",
                lifespan="off",
                log_level="warning",
                access_log=False,
                proxy_headers=False,
                server_header=False,
                headers=[("Server", "ishara")],
                limit_concurrency=_MOST_CONNECTIONS,
                ssl_certfile=certificate,
                ssl_keyfile=key,
                **SERVER_OPTIONS,
            )
        )
        self._ready = ready

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to who ends it: those of Ctrl-C and of a service's end reach the daemon as well."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen."""
        await super().startup(sockets)
        self._ready()

    def end(self) -> None:
        """Have `serve` return soon, whoever is still connected."""
        self.should_exit = self.force_exit = True
