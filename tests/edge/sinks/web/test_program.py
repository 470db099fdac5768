"""The process of the live page: killed, hanging, or used by slow and hostile clients."""

import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.config import ConfigInvalid, WebConfig
from edge.libraries import LibraryMissing
from edge.monitoring.status import Component
from edge.sinks.web.listener import listen
from tests.edge.certificates import make_certificates
from tests.edge.ports import free_port
from tests.edge.sinks.web.client import TOKEN, WebClient, until
from tests.edge.sinks.web.device import Device
from tests.edge.waiting import PATIENCE_S, wait_until

FLOOD = 3000


@pytest.fixture
def device() -> Iterator[Device]:
    running = Device()
    yield running
    running.stop()


def memory_mb(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def connect_without_reading(port: int, path: str) -> socket.socket:
    """Send a request, and do not read the response."""
    slow = socket.socket()
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    slow.connect(("127.0.0.1", port))
    slow.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
    return slow


def test_killed_process_restarts_with_the_words_and_requests_wait(device: Device) -> None:
    client = WebClient(device.port)
    words = [device.sign_word() for _ in range(3)]
    wait_until(lambda: client.words() == [1, 2, 3], "the words")
    killed = device.sink.pid
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: device.status.faults == {Component.WEB: "its process was ended by signal 9"}, "the fault")
    words.append(device.sign_word())
    # No request is refused: it waits until the process is back.
    with client.events(last_event_id="2") as events:
        assert [until(events, "word").number for _ in range(2)] == [3, 4]
    assert device.status.faults == {}
    assert device.sink.pid not in (None, killed)
    assert client.words() == [word.seq for word in words]


def test_readers_that_do_not_read_cost_no_memory_and_delay_nobody(device: Device) -> None:
    client = WebClient(device.port)
    device.sign_word()
    wait_until(lambda: client.words() == [1], "the first word")
    slow = [connect_without_reading(device.port, "/api/events") for _ in range(20)]
    pid = device.sink.pid
    assert pid is not None
    with client.events("?since=1") as events:
        until(events, "health")
        before = memory_mb(pid)
        for number in range(FLOOD):
            device.sign_word()
            if number % 100 == 0:  # a reader that reads gets each word in time
                while until(events, "word").number != number + 2:
                    continue
        wait_until(lambda: until(events, "word").number == FLOOD + 1, "the last word")
    assert memory_mb(pid) - before < 20.0
    for one in slow:
        one.close()


def test_hanging_process_does_not_block_the_daemon(device: Device) -> None:
    client = WebClient(device.port)
    wait_until(lambda: client.words() == [], "the page")
    hanging = device.sink.pid
    assert hanging is not None
    os.kill(hanging, signal.SIGSTOP)
    began = time.monotonic()
    for _ in range(FLOOD):
        device.sign_word()
    assert time.monotonic() - began < PATIENCE_S  # a blocking sink would wait for ever
    device.sink.close()
    wait_until(lambda: not Path(f"/proc/{hanging}").exists(), "its end")


def test_unused_connection_is_closed_and_a_listening_one_is_not(device: Device) -> None:
    with socket.create_connection(("127.0.0.1", device.port), timeout=PATIENCE_S) as idle:
        idle.sendall(b"GET /live-signs HTTP/1.1\r\nHost:")
        with WebClient(device.port).events() as events, WebClient(device.port).view("skeleton") as views:
            assert idle.recv(1) == b""
            wait_until(lambda: until(events, "health").content["up_s"] > 4.0, "the current health")
            views.ping().wait(PATIENCE_S)


def test_page_is_served_over_tls(tmp_path: Path) -> None:
    files = make_certificates(tmp_path)
    (tmp_path / "token").write_text(TOKEN)
    device = Device(certificate_file=files.broker, key_file=files.broker_key, token_file=tmp_path / "token")
    with WebClient(device.port, verify=str(files.authority)).client as client:
        assert client.get("/live-signs").status_code == 401
        assert "secure" in client.get(f"/live-signs?token={TOKEN}").headers["set-cookie"].lower()
        assert client.get("/live-signs").status_code == 200
    assert device.url == f"https://127.0.0.1:{device.port}/live-signs"
    device.stop()


def refusal(**settings: object) -> str:
    """Return the sentence of the refusal."""
    with pytest.raises(ConfigInvalid) as refused:
        listen(WebConfig.model_validate(settings))
    return str(refused.value)


def test_port_in_use_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"web.port {port}: cannot be bound: Address already in use; choose a free port" in refusal(port=port)


def test_missing_libraries_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.sinks.web.listener.LIBRARIES", ("fastapi", "absent_one"))
    with pytest.raises(LibraryMissing, match=r"\[web\] needs absent_one.*pip install 'ishara\[web\]'"):
        listen(WebConfig(port=free_port()))


def test_invalid_certificate_is_refused(tmp_path: Path) -> None:
    (tmp_path / "page.pem").write_text("nothing")
    assert "page.pem cannot be used" in refusal(port=free_port(), certificate_file=tmp_path / "page.pem")
    assert "absent.pem cannot be used" in refusal(port=free_port(), certificate_file=tmp_path / "absent.pem")
