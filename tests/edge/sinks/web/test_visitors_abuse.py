"""Hostile websocket clients: each gets a reason, and the other visitors are served as before."""

import json
import socket as sockets
from contextlib import ExitStack, suppress

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from edge.sinks.web.visitors import visitor_session as visit
from tests.edge.sinks.web.hostile_messages import MALFORMED
from tests.edge.sinks.web.visitor_server import LIMIT, PATIENCE_S, VisitorServer, grey, receive, receive_until
from tests.edge.waiting import wait_until


def receive_to_the_end(socket: ClientConnection) -> None:
    """Receive until the connection is closed. Raises ConnectionClosed."""
    while True:
        socket.recv(PATIENCE_S)


def close_of(socket: ClientConnection) -> tuple[int, str]:
    """Wait for the server's close and return its code and reason."""
    with suppress(ConnectionClosed):
        receive_to_the_end(socket)
    close = socket.protocol.close_rcvd
    assert close is not None
    return close.code, close.reason


def check_serving(server: VisitorServer) -> None:
    with server.visit() as socket:
        socket.send(b"\1" + grey())
        receive_until(socket, "landmarks")


@pytest.mark.parametrize("content", MALFORMED.values(), ids=MALFORMED.keys())
def test_malformed_message_is_answered_in_a_sentence_and_the_session_continues(
    server: VisitorServer, content: bytes
) -> None:
    pid = server.visitors._recogniser.pid
    with server.visit() as socket:
        socket.send(content)
        error = receive(socket)["error"]
        assert len(error) > 10
        assert "Traceback" not in error
        socket.send(b"\1" + grey())
        assert "landmarks" in receive(socket)
    assert pid in (None, server.visitors._recogniser.pid)  # it has not crashed


def test_session_of_malformed_messages_only_is_closed(server: VisitorServer) -> None:
    with server.visit() as socket:
        try:
            for _ in range(100):
                socket.send(b"\1hello")
        except ConnectionClosed:
            pass
        code, reason = close_of(socket)
    assert (code, "too many invalid messages in a row" in reason) == (1003, True)
    check_serving(server)


def test_text_message_closes_the_session_with_the_reason(server: VisitorServer) -> None:
    with server.visit() as socket:
        socket.send(json.dumps({"take": "mine"}))
        assert "binary" in receive(socket)["error"]
        assert close_of(socket)[0] == 1003
    check_serving(server)


def test_too_long_message_closes_the_session(server: VisitorServer) -> None:
    with server.visit() as socket:
        socket.send(b"\1" + bytes(3 << 19))
        assert close_of(socket)[0] == 1009
    check_serving(server)


def test_far_too_long_message_is_cut_off(server: VisitorServer) -> None:
    """The server does not wait for all of it, so the system may drop its close message."""
    with server.visit() as socket:
        with suppress(ConnectionClosed):
            socket.send(b"\1" + bytes(3 << 20))
        with pytest.raises(ConnectionClosed):
            receive_to_the_end(socket)
    assert socket.protocol.close_rcvd is None or socket.protocol.close_rcvd.code == 1009
    check_serving(server)


def test_idle_session_is_closed(server: VisitorServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visit, "_IDLE_TIMEOUT_S", 1.0)
    with server.visit() as idle:
        assert "no valid message came from you" in receive(idle)["error"]
        assert close_of(idle)[0] == 4408
    check_serving(server)


def test_session_of_single_bytes_is_closed(server: VisitorServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visit, "_IDLE_TIMEOUT_S", 1.0)
    with server.visit() as slow:
        frame = b"\x82\xfe\xff\xff" + bytes(4)  # a message of 65535 bytes, masked with zeros, that never ends
        is_closed = False
        try:
            for byte in frame + bytes(2000):
                slow.socket.sendall(bytes((byte,)))
                slow.recv(0.05)
        except TimeoutError:
            pass
        except (ConnectionClosed, OSError):
            is_closed = True
        for _ in range(200):
            if is_closed:
                break
            try:
                slow.socket.sendall(b"\0")
                assert "no valid message came" in json.loads(slow.recv(0.05))["error"]
            except TimeoutError:
                continue
            except (ConnectionClosed, OSError):
                is_closed = True
        assert is_closed
    check_serving(server)


def test_session_that_does_not_read_answers_is_closed(server: VisitorServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visit, "_SEND_TIMEOUT_S", 1.0)
    monkeypatch.setattr(visit, "_MAX_INVALID", 1 << 30)
    monkeypatch.setattr(visit, "_MESSAGE_S", 0.0)
    with sockets.socket() as deaf:
        deaf.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 2048)  # before it connects, or its window grows
        deaf.connect(("127.0.0.1", server.port))
        key = "dGhlIHNhbXBsZSBub25jZQ=="
        deaf.sendall(
            f"GET /live-signs HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        wait_until(lambda: server.visitors.counts()["visitors"] == 1, "the visitor")
        deaf.settimeout(2.0)
        with suppress(OSError):  # the server stops reading from a client that reads nothing
            while server.visitors.counts()["visitors"]:
                deaf.sendall(b"\x82\x80" + bytes(4))  # empty messages, each of which is answered
        wait_until(lambda: server.visitors.counts()["visitors"] == 0, "the visitor's end")
    check_serving(server)


def test_fifty_connections_at_once_are_admitted_or_refused_with_the_reason(server: VisitorServer) -> None:
    with ExitStack() as stack:
        all_sockets = [stack.enter_context(server.visit()) for _ in range(50)]
        for socket in all_sockets[:LIMIT]:
            socket.send(b"\1" + grey())
        assert all("landmarks" in receive(socket) for socket in all_sockets[:LIMIT])
        assert {close_of(socket)[0] for socket in all_sockets[LIMIT:]} == {1013}
    server.wait_empty()
    check_serving(server)
