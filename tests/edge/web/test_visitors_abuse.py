"""What strangers send to a websocket: each is answered or closed in words, and the others go on."""

import io
import json
import socket as sockets
import struct
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import cv2
import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from edge.web.visitors import visit
from edge.web.visitors.visitors import Visitors
from landmarkers.take import Take
from tests.edge.waiting import wait_until
from tests.edge.web.visiting import PATIENCE_S, Place, grey, hear, hear_until

CHEST = next((Path(__file__).parents[3] / "edge" / "demo" / "takes").glob("4-*"))
LIMIT = 4


@pytest.fixture(scope="module")
def serving_place() -> Iterator[Place]:
    with Place(Visitors(LIMIT)) as serving:
        yield serving


@pytest.fixture
def place(serving_place: Place) -> Place:
    """A place where nobody is."""
    serving_place.wait_empty()
    return serving_place


def close_of(socket: ClientConnection) -> tuple[int, str]:
    """Code and reason of the server's close, once it has come."""
    with suppress(ConnectionClosed):
        while True:
            socket.recv(PATIENCE_S)
    close = socket.protocol.close_rcvd
    assert close is not None
    return close.code, close.reason


def still_serves(place: Place) -> None:
    with place.visit() as socket:
        socket.send(b"\1" + grey())
        hear_until(socket, "landmarks")


def huge(width: int, height: int) -> bytes:
    """A small JPEG that says it is of this size."""
    content = grey()
    frame = content.index(b"\xff\xc0")
    return content[: frame + 5] + struct.pack(">HH", height, width) + content[frame + 9 :]


def many_scans() -> bytes:
    """A progressive JPEG whose last scan comes again and again."""
    done, encoded = cv2.imencode(".jpg", np.zeros((1080, 1920, 3), np.uint8), [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])
    assert done
    content = encoded.tobytes()
    return content[:-2] + content[content.rindex(b"\xff\xda") : -2] * 200 + content[-2:]


def archive(**arrays: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, array in arrays.items():
            packed.writestr(f"{name}.npy", array)
    return content.getvalue()


def array(shape: tuple[int, ...], dtype: str, content: bytes = b"") -> bytes:
    """The file of an array, whose header may promise more than there is."""
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": dtype, "fortran_order": False, "shape": shape})
    return file.getvalue() + content


def take_file(**changed: object) -> bytes:
    """A take's file with other arrays."""
    with np.load(CHEST) as content:
        arrays = dict(content) | changed
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


TIMES = np.load(CHEST)["times"]
ORIGIN = str(np.load(CHEST)["origin"])
BOMB = archive(times=bytes(300 << 20))

WRONG = {
    "nothing": b"",
    "a wrong byte": b"\x07" + grey(),
    "a byte alone": b"\1",
    "no JPEG": b"\1hello",
    "a PNG": b"\1" + cv2.imencode(".png", np.zeros((48, 64, 3), np.uint8))[1].tobytes(),
    "half a header": b"\1" + grey()[:100],
    "a cut-off JPEG": b"\1" + grey()[:170],
    "a header of 65500 by 65500": b"\1" + huge(65500, 65500),
    "a header of 0 by 0": b"\1" + huge(0, 0),
    "a header of 100000 scans": b"\1" + many_scans(),
    "no take": b"\2" + bytes(1000),
    "no archive of arrays": b"\2" + archive(times=b"times"),
    "a bomb": b"\2" + BOMB,
    "an array of a terabyte": b"\2" + archive(times=array((1 << 37,), "<f8")),
    "elements of a gigabyte": b"\2" + archive(times=array((5,), f"|V{1 << 30}")),
    "a header to choke on": b"\2" + archive(times=b"\x93NUMPY\x01\x00" + struct.pack("<H", 900) + b"-" * 900),
    "pickled objects": b"\2" + archive(times=array((5,), "|O", b"cos\nsystem\n(S'true'\ntR.")),
    "a take of another format": b"\2" + take_file(origin=np.array('{"format": 99, "layout": "holistic-543"}')),
    "a take that is a word": b"\2" + take_file(origin=np.array('"take"')),
    "a take of no known fields": b"\2" + take_file(origin=np.array(ORIGIN[:-1] + ', "more": 1}')),
    "a take that goes back": b"\2" + take_file(times=TIMES[::-1]),
    "a take of times that are none": b"\2" + take_file(times=np.full(len(TIMES), np.nan)),
    "a take of a year": b"\2" + take_file(times=np.linspace(0.0, 3e7, len(TIMES))),
    "a take of points far away": b"\2" + take_file(pose=np.full((len(TIMES), 33, 3), 1e30, np.float32)),
    "landmarks too short": b"\3" + bytes(100),
    "landmarks far away": b"\3" + np.full((543, 3), 1e30, "<f4").tobytes(),
    "landmarks at infinity": b"\3" + np.full((543, 3), np.inf, "<f4").tobytes(),
}


@pytest.mark.parametrize("content", WRONG.values(), ids=WRONG.keys())
def test_what_cannot_be_read_is_answered_in_a_sentence_and_the_visit_goes_on(place: Place, content: bytes) -> None:
    pid = place.visitors._recogniser.pid
    with place.visit() as socket:
        socket.send(content)
        error = hear(socket)["error"]
        assert len(error) > 10
        assert "Traceback" not in error
        socket.send(b"\1" + grey())
        assert "landmarks" in hear(socket)
    assert pid in (None, place.visitors._recogniser.pid)  # it has not died of it


def test_the_bomb_is_one() -> None:
    assert len(BOMB) < 1 << 19
    Take.load(CHEST)


def test_who_sends_nothing_else_is_sent_away(place: Place) -> None:
    with place.visit() as socket:
        try:
            for _ in range(100):
                socket.send(b"\1hello")
        except ConnectionClosed:
            pass
        code, reason = close_of(socket)
    assert (code, "too many messages in a row" in reason) == (1003, True)
    still_serves(place)


def test_a_text_message_ends_the_visit_with_the_reason(place: Place) -> None:
    with place.visit() as socket:
        socket.send(json.dumps({"take": "mine"}))
        assert "binary" in hear(socket)["error"]
        assert close_of(socket)[0] == 1003
    still_serves(place)


@pytest.mark.parametrize("megabytes", [1.5, 3])
def test_what_is_too_long_ends_the_visit(place: Place, megabytes: float) -> None:
    with place.visit() as socket:
        socket.send(b"\1" + bytes(int(megabytes * (1 << 20))))
        assert close_of(socket)[0] == 1009
    still_serves(place)


def test_a_visitor_from_whom_nothing_comes_is_sent_away(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visit, "_SILENCE_S", 1.0)
    with place.visit() as idle:
        assert "nothing came from you" in hear(idle)["error"]
        assert close_of(idle)[0] == 4408
    still_serves(place)


def test_a_visitor_who_sends_ever_the_next_byte_is_sent_away(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visit, "_SILENCE_S", 1.0)
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
                assert "nothing came" in json.loads(slow.recv(0.05))["error"]
            except TimeoutError:
                continue
            except (ConnectionClosed, OSError):
                gone = True
        assert gone
    still_serves(place)


def test_a_visitor_who_does_not_read_the_answers_is_sent_away(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visit, "_SEND_S", 1.0)
    monkeypatch.setattr(visit, "_MOST_WRONG", 1 << 30)
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


def test_fifty_who_come_at_once_are_let_in_or_told_so(place: Place) -> None:
    with ExitStack() as stack:
        sockets_of_all = [stack.enter_context(place.visit()) for _ in range(50)]
        for socket in sockets_of_all[:LIMIT]:
            socket.send(b"\1" + grey())
        assert all("landmarks" in hear(socket) for socket in sockets_of_all[:LIMIT])
        assert {close_of(socket)[0] for socket in sockets_of_all[LIMIT:]} == {1013}
    place.wait_empty()
    still_serves(place)
