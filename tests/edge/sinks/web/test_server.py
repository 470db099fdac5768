"""The server of the live page towards clients that send or take their time: its deadlines, shortened."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest
from starlette.types import Receive, Scope, Send
from websockets.sync.client import connect

from edge.sinks.web import protocols, server
from edge.sinks.web.server import Server
from tests.edge.certificates import make_certificates
from tests.edge.waiting import PATIENCE_S, wait_until

LARGE = 8 << 20  # more than all buffers of the kernel hold
HOST = "Host: here\r\n"
UPGRADE = (
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
)
UNFINISHED = {
    "nothing": "",
    "half a request": f"GET / HTTP/1.1\r\n{HOST}",
    "half a second request": f"GET / HTTP/1.1\r\n{HOST}\r\nGET / HTTP/1.1\r\n",
    "half a body": f"POST / HTTP/1.1\r\n{HOST}Content-Length: 1000\r\n\r\nhalf",
    "half a body in chunks": f"POST / HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
}


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer `/large` with a large answer, `/endless` with one that does not end, and everything else shortly."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while True:
            await send({"type": "websocket.send", "bytes": bytes(1 << 16)})
            await asyncio.sleep(0.05 if scope["path"] == "/steady" else 0.0)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    body = bytes(LARGE if scope["path"] == "/large" else 1)
    is_endless = scope["path"] == "/endless"
    await send({"type": "http.response.body", "body": body, "more_body": is_endless})
    while is_endless:
        await asyncio.sleep(0.1)
        await send({"type": "http.response.body", "body": b"more", "more_body": True})


@contextmanager
def serving(files: tuple[Path, Path] | None = None) -> Iterator[int]:
    """Serve on a thread, and yield the port."""
    ready = threading.Event()
    certificate, key = (None, None) if files is None else map(str, files)
    running = Server(app, ready.set, certificate=certificate, key=key)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=lambda: asyncio.run(running.serve([listener])))
        thread.start()
        assert ready.wait(PATIENCE_S)
        try:
            yield listener.getsockname()[1]
        finally:
            running.stop()
            thread.join()


@pytest.fixture(autouse=True)
def short_deadlines(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name in ((protocols, "REQUEST_TIMEOUT_S"), (protocols, "SEND_TIMEOUT_S"), (server, "_TLS_TIMEOUT_S")):
        monkeypatch.setattr(module, name, 0.7)


def is_closed(connection: socket.socket) -> bool:
    """Return True if the server has closed the connection; receive what there is."""
    connection.settimeout(0.01)
    try:
        return connection.recv(1 << 16) == b""
    except TimeoutError:
        return False
    except ConnectionResetError:
        return True


@pytest.mark.parametrize("name", UNFINISHED)
def test_connection_of_an_unfinished_request_is_closed_although_bytes_come(name: str) -> None:
    with serving() as port, socket.create_connection(("127.0.0.1", port)) as slow:
        slow.sendall(UNFINISHED[name].encode())
        until = time.monotonic() + PATIENCE_S
        while not is_closed(slow):
            assert time.monotonic() < until
            if name != "nothing":
                try:
                    slow.sendall(b"x")
                except OSError:
                    break
            time.sleep(0.05)


def test_connection_is_kept_from_request_to_request_and_while_an_answer_lasts() -> None:
    with serving() as port, socket.create_connection(("127.0.0.1", port)) as endless:
        endless.sendall(f"GET /endless HTTP/1.1\r\n{HOST}\r\n".encode())
        with closing(HTTPConnection("127.0.0.1", port)) as kept:
            kept.connect()
            first = kept.sock
            for _ in range(4):
                kept.request("GET", "/")
                assert kept.getresponse().read() == b"\0"
                time.sleep(0.4)
            assert kept.sock is first
        assert not is_closed(endless)


@pytest.mark.parametrize("request_text", ["GET /large HTTP/1.1\r\nConnection: close\r\n", "GET /endless HTTP/1.1\r\n"])
def test_client_that_does_not_take_the_answer_is_cut_off(request_text: str) -> None:
    with serving() as port, socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        deaf.connect(("127.0.0.1", port))
        if "endless" in request_text:
            deaf.sendall(f"GET /large HTTP/1.1\r\n{HOST}\r\n".encode())  # fills all buffers
        deaf.sendall(f"{request_text}{HOST}\r\n".encode())
        time.sleep(2.0)
        received, until = 0, time.monotonic() + PATIENCE_S
        while received < LARGE and time.monotonic() < until:
            try:
                chunk = deaf.recv(1 << 16)
            except ConnectionResetError:
                chunk = b""
            if not chunk:
                break
            received += len(chunk)
        assert 0 < received < LARGE


def test_websocket_that_is_not_read_is_cut_off_and_one_that_is_read_is_not() -> None:
    with serving() as port, connect(f"ws://127.0.0.1:{port}/steady", max_size=None) as read, socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        deaf.connect(("127.0.0.1", port))
        deaf.sendall(f"GET / HTTP/1.1\r\n{HOST}{UPGRADE}\r\n".encode())
        until = time.monotonic() + 2.0
        while time.monotonic() < until:
            read.recv(PATIENCE_S)
        while not is_closed(deaf):
            assert time.monotonic() < until + PATIENCE_S
        read.recv(PATIENCE_S)


def test_connection_on_which_tls_does_not_begin_is_closed(tmp_path: Path) -> None:
    files = make_certificates(tmp_path)
    with serving((files.broker, files.broker_key)) as port, ExitStack() as stack:
        silent, half = (stack.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(2))
        half.sendall(b"\x16\x03\x01\x02\x00\x01")
        for connection in (silent, half):
            wait_until(lambda: is_closed(connection), "the end of the connection")  # noqa: B023
