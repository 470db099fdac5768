"""What strangers send to a websocket: each is answered or closed in words, and the others go on."""

import json
import socket as sockets
from contextlib import ExitStack, suppress

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from edge.sinks.web.visitors import visitor_session as visit
from tests.edge.sinks.web.hostile_messages import BOMB, MALFORMED
from tests.edge.sinks.web.visitor_server import LIMIT, PATIENCE_S, VisitorServer, grey, hear, hear_until
from tests.edge.waiting import wait_until


def hear_out(socket: ClientConnection) -> None:
    """Hear until the connection is closed, and raise ConnectionClosed then."""
    while True:
        socket.recv(PATIENCE_S)


def close_of(socket: ClientConnection) -> tuple[int, str]:
    """Code and reason of the server's close, once it has come."""
    with suppress(ConnectionClosed):
        hear_out(socket)
    close = socket.protocol.close_rcvd
    assert close is not None
    return close.code, close.reason


def still_serves(place: VisitorServer) -> None:
    with place.visit() as socket:
        socket.send(b"\1" + grey())
        hear_until(socket, "landmarks")


@pytest.mark.parametrize("content", MALFORMED.values(), ids=MALFORMED.keys())
def test_what_cannot_be_read_is_answered_in_a_sentence_and_the_visit_goes_on(
    place: VisitorServer, content: bytes
) -> None:
    pid = place.visitors._recogniser.pid
    with place.visit() as socket:
        socket.send(content)
        error = hear(socket)["error"]
        assert len(error) > 10
        assert "Traceback" not in error
        socket.send(b"\1" + grey())
        assert "landmarks" in hear(socket)
    assert pid in (None, place.visitors._recogniser.pid)  # it has not died of it


def test_the_bomb_is_small_enough_to_be_sent() -> None:
    assert len(BOMB) < visit.MAX_MESSAGE_BYTES


def test_who_sends_nothing_else_is_sent_away(place: VisitorServer) -> None:
    with place.visit() as socket:
        try:
            for _ in range(100):
                socket.send(b"\1hello")
        except ConnectionClosed:
            pass
        code, reason = close_of(socket)
    assert (code, "too many invalid messages in a row" in reason) == (1003, True)
    still_serves(place)


def test_a_text_message_ends_the_visit_with_the_reason(place: VisitorServer) -> None:
    with place.visit() as socket:
        socket.send(json.dumps({"take": "mine"}))
        assert "binary" in hear(socket)["error"]
        assert close_of(socket)[0] == 1003
    still_serves(place)


def test_what_is_too_long_ends_the_visit(place: VisitorServer) -> None:
    with place.visit() as socket:
        socket.send(b"\1" + bytes(3 << 19))
        assert close_of(socket)[0] == 1009
    still_serves(place)


def test_what_is_far_too_long_is_cut_off(place: VisitorServer) -> None:
    """The server does not wait for all of it, so the system may drop what it says at its end."""
    with place.visit() as socket:
        with suppress(ConnectionClosed):
            socket.send(b"\1" + bytes(3 << 20))
        with pytest.raises(ConnectionClosed):
            hear_out(socket)
    assert socket.protocol.close_rcvd is None or socket.protocol.close_rcvd.code == 1009
    still_serves(place)


def test_a_visitor_from_whom_nothing_comes_is_sent_away(place: VisitorServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visit, "_IDLE_TIMEOUT_S", 1.0)
    with place.visit() as idle:
        assert "no message came from you" in hear(idle)["error"]
        assert close_of(idle)[0] == 4408
    still_serves(place)


def test_a_visitor_who_sends_ever_the_next_byte_is_sent_away(
    place: VisitorServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visit, "_IDLE_TIMEOUT_S", 1.0)
    with place.visit() as slow:
        frame = b"\x82\xfe\xff\xff" + bytes(4)  # a message of 65535 bytes, masked with zeros, that never ends
        gone = False
        try:
            for byte in frame + bytes(2000):
                slow.socket.sendall(bytes((byte,)))
                slow.recv(0.05)
        except TimeoutError:
            pass
        except (ConnectionClosed, OSError):
            gone = True
        for _ in range(200):
            if gone:
                break
            try:
                slow.socket.sendall(b"\0")
                assert "no message came" in json.loads(slow.recv(0.05))["error"]
            except TimeoutError:
                continue
            except (ConnectionClosed, OSError):
                gone = True
        assert gone
    still_serves(place)


def test_a_visitor_who_does_not_read_the_answers_is_sent_away(
    place: VisitorServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visit, "_SEND_TIMEOUT_S", 1.0)
    monkeypatch.setattr(visit, "_MAX_INVALID", 1 << 30)
    monkeypatch.setattr(visit, "_MESSAGE_S", 0.0)
    with sockets.socket() as deaf:
        deaf.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 2048)  # before it connects, or its window grows
        deaf.connect(("127.0.0.1", place.port))
        key = "dGhlIHNhbXBsZSBub25jZQ=="
        deaf.sendall(
            f"GET /live-signs HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        wait_until(lambda: place.visitors.counts()["visitors"] == 1, "the visitor")
        deaf.settimeout(2.0)
        with suppress(OSError):  # nothing is taken from who takes nothing
            while place.visitors.counts()["visitors"]:
                deaf.sendall(b"\x82\x80" + bytes(4))  # empty messages, each of which is answered
        wait_until(lambda: place.visitors.counts()["visitors"] == 0, "the visitor's end")
    still_serves(place)


def test_fifty_who_come_at_once_are_let_in_or_told_so(place: VisitorServer) -> None:
    with ExitStack() as stack:
        sockets_of_all = [stack.enter_context(place.visit()) for _ in range(50)]
        for socket in sockets_of_all[:LIMIT]:
            socket.send(b"\1" + grey())
        assert all("landmarks" in hear(socket) for socket in sockets_of_all[:LIMIT])
        assert {close_of(socket)[0] for socket in sockets_of_all[LIMIT:]} == {1013}
    place.wait_empty()
    still_serves(place)
