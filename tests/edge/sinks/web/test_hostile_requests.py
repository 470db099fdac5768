"""Requests that no browser sends: each is refused, and the server answers the next one."""

import re
import socket
from collections.abc import Iterator

import pytest

from tests.edge.sinks.web.client import WebClient
from tests.edge.sinks.web.device import Device
from tests.edge.waiting import PATIENCE_S

UPGRADE = (
    b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
)
HUGE = b"9" * 5000
HALF_PAIR = b"%ed%a0%80"  # U+D800 in UTF-8, which is not valid
REQUESTS = {
    "path of bytes": b"GET /\xff\xfe HTTP/1.1\r\n",
    "path that is not UTF-8": b"GET /%ff" + HALF_PAIR + b" HTTP/1.1\r\n",
    "asset with a null byte": b"GET /live-signs/assets/%ff%00 HTTP/1.1\r\n",
    "query that is not UTF-8": b"GET /api/words?since=%ff&limit=" + HALF_PAIR + b" HTTP/1.1\r\n",
    "query of a huge number": b"GET /api/events?since=" + HUGE + b" HTTP/1.1\r\n",
    "token that is not UTF-8": b"GET /live-signs?token=" + HALF_PAIR + b" HTTP/1.1\r\n",
    "header of a huge number": b"GET /api/events HTTP/1.1\r\nLast-Event-ID: " + HUGE + b"\r\n",
    "header of bytes": b"GET /api/events HTTP/1.1\r\nLast-Event-ID: \xff\xfe\r\n",
    "cookie of bytes": b"GET /api/words HTTP/1.1\r\nCookie: ishara_session=\xff\xed\xa0\x80\r\n",
    "authorisation of bytes": b"GET /api/words HTTP/1.1\r\nAuthorization: Bearer \xff\xed\xa0\x80\r\n",
    "origin that is no address": b"GET /api/view HTTP/1.1\r\nOrigin: http://[\xff\r\n" + UPGRADE,
    "view of bytes": b"GET /api/view?with=%ff HTTP/1.1\r\n" + UPGRADE,
    "form of bytes": b"POST /login HTTP/1.1\r\nContent-Length: 16\r\n",
    "unknown method": b"BREW /live-signs HTTP/1.1\r\n",
    "all of the server": b"OPTIONS * HTTP/1.1\r\n",
    "no request": b"\x16\x03\x01\x00\xff",
}


@pytest.fixture(scope="module", params=["open", "with a token"])
def device(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Device]:
    file = tmp_path_factory.mktemp("secrets") / "token"
    file.write_text("0123456789abcdef0123")
    running = Device() if request.param == "open" else Device(token_file=file)
    yield running
    running.stop()


@pytest.mark.parametrize("name", REQUESTS)
def test_hostile_request_is_refused(name: str, device: Device) -> None:
    client = WebClient(device.port)
    answer = client.get("/live-signs").status_code
    before = device.sink.pid
    request = REQUESTS[name] + f"Host: 127.0.0.1:{device.port}\r\n\r\ntoken=\xff\xed\xa0\x80{{}}[[".encode("latin-1")
    with socket.create_connection(("127.0.0.1", device.port), timeout=PATIENCE_S) as raw:
        raw.sendall(request)
        status = re.match(rb"HTTP/1.1 (\d+)", raw.recv(1000))
    assert status is not None
    assert status[1] in (b"200", b"303", b"400", b"401", b"403", b"404", b"405", b"422")
    assert client.get("/live-signs").status_code == answer
    assert device.sink.pid == before
    assert device.status.faults == {}
