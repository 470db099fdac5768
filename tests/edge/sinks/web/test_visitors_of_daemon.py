"""Whatever strangers do to the live page of a real daemon, its own stream is read as if they were not there."""

import signal
from contextlib import ExitStack, suppress
from itertools import cycle, islice
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.edge.conftest import StartDaemon
from tests.edge.ports import free_port
from tests.edge.sinks.web.hostile_messages import MALFORMED
from tests.edge.sinks.web.processes import children
from tests.edge.sinks.web.visitor_server import PATIENCE_S, TAKES, grey, hear, visit
from tests.edge.waiting import wait_until

VISITORS = 3
SIGNS = (40, 71, 72)  # of the first takes


def send(port: int, content: bytes) -> None:
    """Send this and wait for what comes of it."""
    with visit(port) as socket, suppress(ConnectionClosed):
        socket.send(content)
        socket.recv(PATIENCE_S)


def crowd(port: int) -> int:
    """Come fifty at a time; gives how many were let in."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(visit(port)) for _ in range(50)]
        for socket in sockets:
            with suppress(ConnectionClosed):
                socket.send(b"\1" + grey(1280, 720))
        return sum("landmarks" in hear(socket) for socket in sockets)


@pytest.mark.timeout(200)
def test_strangers_leave_the_devices_own_stream_untouched(start_daemon: StartDaemon, tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "edge.toml").write_text(f"[web]\nport = {port}\nvisitors = {VISITORS}\n")
    (tmp_path / "takes").mkdir()
    for path in sorted(TAKES.iterdir())[: len(SIGNS)]:
        (tmp_path / "takes" / path.name).write_bytes(path.read_bytes())
    daemon = start_daemon("run", "--config", "edge.toml", "--source", "take:takes", "--jsonl")
    daemon.wait_for_log("the live page is at")
    page = children(daemon.process.pid)
    for content in (*MALFORMED.values(), bytes(3 << 19), bytes(3 << 20)):
        send(port, content)
    with pytest.raises(InvalidStatus) as refused, visit(port, origin="https://elsewhere.example"):
        pass
    assert refused.value.response.status_code == 403
    assert 1 <= crowd(port) <= VISITORS
    wait_until(lambda: len(daemon.printed.splitlines()) > len(SIGNS), "a whole round of words")
    assert children(daemon.process.pid) == page
    daemon.process.send_signal(signal.SIGINT)
    said = [word.sign_id for word in daemon.words()]
    assert said == list(islice(cycle(SIGNS), len(said)))
    assert "lost" not in daemon.logged
