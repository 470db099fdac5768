"""Hostile visitors of a real daemon do not change the recognition of its own stream."""

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
from tests.edge.sinks.web.visitor_server import PATIENCE_S, TAKES, grey, receive, visit
from tests.edge.waiting import wait_until

VISITORS = 3
SIGNS = (40, 71, 72)  # of the first takes


def send(port: int, content: bytes) -> None:
    """Send one message and wait for the answer."""
    with visit(port) as socket, suppress(ConnectionClosed):
        socket.send(content)
        socket.recv(PATIENCE_S)


def visit_at_once(port: int) -> int:
    """Open fifty connections at a time and return how many were admitted."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(visit(port)) for _ in range(50)]
        for socket in sockets:
            with suppress(ConnectionClosed):
                socket.send(b"\1" + grey(1280, 720))
        return sum("landmarks" in receive(socket) for socket in sockets)


@pytest.mark.timeout(200)
def test_hostile_visitors_do_not_affect_the_own_stream(start_daemon: StartDaemon, tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "edge.toml").write_text(f"[web]\nport = {port}\nvisitors = {VISITORS}\n")
    (tmp_path / "takes").mkdir()
    for path in sorted(TAKES.iterdir())[: len(SIGNS)]:
        (tmp_path / "takes" / path.name).write_bytes(path.read_bytes())
    daemon = start_daemon("run", "--config", "edge.toml", "--source", "take:takes", "--jsonl")
    daemon.wait_for_log("the live page is at")
    workers = children(daemon.process.pid)
    for content in (*MALFORMED.values(), bytes(3 << 19), bytes(3 << 20)):
        send(port, content)
    with pytest.raises(InvalidStatus) as refused, visit(port, origin="https://elsewhere.example"):
        pass
    assert refused.value.response.status_code == 403
    assert 1 <= visit_at_once(port) <= VISITORS
    wait_until(lambda: len(daemon.words_so_far()) > len(SIGNS), "every word once")
    assert children(daemon.process.pid) == workers
    daemon.process.send_signal(signal.SIGINT)
    sign_ids = [word.sign_id for word in daemon.words()]
    assert sign_ids == list(islice(cycle(SIGNS), len(sign_ids)))
    assert "lost" not in daemon.logged
