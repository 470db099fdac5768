"""The HTTP and websocket server on the socket that the daemon opens.

uvicorn speaks with the clients, and is given each connection here: asyncio's own server accepts them without limit,
waits a minute for TLS to begin, and where no file descriptor is left keeps a processor busy with trying.
"""

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Final

import uvicorn
from starlette.types import ASGIApp

from edge.sinks.web.connections import Places
from edge.sinks.web.protocols import HttpProtocol
from edge.sinks.web.visitors.visitors import SERVER_OPTIONS

_TLS_TIMEOUT_S: Final = 5.0  # for its beginning and its end
_BATCH: Final = 16
_RETRY_S: Final = 0.2  # after no file descriptor or no memory was left


class Server(uvicorn.Server):
    """A server that runs until `stop` is called."""

    def __init__(self, app: ASGIApp, on_ready: Callable[[], None], *, certificate: str | None, key: str | None) -> None:
        """`on_ready` is called once the server accepts connections."""
        super().__init__(
            uvicorn.Config(
                app,
                http="h11",
                lifespan="off",
                log_level="warning",
                access_log=False,
                proxy_headers=False,
                server_header=False,
                headers=[("Server", "ishara")],
                ssl_certfile=certificate,
                ssl_keyfile=key,
                **SERVER_OPTIONS,
            )
        )
        self._on_ready = on_ready
        self._places = Places()
        self._connecting: set[asyncio.Task[None]] = set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture no signals: Ctrl-C and a service's stop reach the daemon as well, which ends this process."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening."""
        await super().startup([])
        for listener in sockets or []:
            listener.settimeout(0.0)
            self._listen(listener)
        self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop listening, and end all connections."""
        for listener in sockets or []:
            asyncio.get_running_loop().remove_reader(listener)
        for task in self._connecting:
            task.cancel()
        await super().shutdown(sockets)

    def stop(self) -> None:
        """Make `serve` return soon, whoever is still connected."""
        self.should_exit = self.force_exit = True

    def _listen(self, listener: socket.socket) -> None:
        asyncio.get_running_loop().add_reader(listener, self._accept, listener)

    def _accept(self, listener: socket.socket) -> None:
        """Accept a few connections: those who are connected are served meanwhile, however many come."""
        for _ in range(_BATCH):
            try:
                accepted, address = listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError:
                loop = asyncio.get_running_loop()
                loop.remove_reader(listener)
                loop.call_later(_RETRY_S, self._listen, listener)
                return
            accepted.settimeout(0.0)
            task = asyncio.create_task(self._connect(accepted, address[0]))
            self._connecting.add(task)
            task.add_done_callback(self._connecting.discard)

    async def _connect(self, accepted: socket.socket, address: str) -> None:
        """Begin to serve one connection."""
        task = asyncio.current_task()
        if task is None:
            raise AssertionError("a coroutine runs in a task")
        connection = self._places.open(address, task.cancel)
        timeouts = {"ssl_handshake_timeout": _TLS_TIMEOUT_S, "ssl_shutdown_timeout": _TLS_TIMEOUT_S}
        options: dict[str, Any] = {"ssl": self.config.ssl, **timeouts} if self.config.is_ssl else {}
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                partial(HttpProtocol, connection, self.config, self.server_state), accepted, **options
            )
        except (OSError, asyncio.CancelledError):  # TLS has not begun in time, or another took the place
            connection.leave()
