"""Whatever strangers do to the live page of a real daemon, its own stream is read as if they were not there."""

import threading
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.edge.conftest import StartDaemon
from tests.edge.ports import free_port
from tests.edge.web.processes import children
from tests.edge.web.traps import WRONG
from tests.edge.web.visiting import CHEST, TAKES, grey, hear, hear_until, visit

VISITORS = 3


def annoy(port: int) -> None:
    """Send everything that a stranger might."""
    for content in WRONG.values():
        with visit(port) as socket:
            socket.send(content)
            hear(socket)
    for long in (bytes(3 << 19), bytes(3 << 20)):
        with visit(port) as socket, suppress(ConnectionClosed):
            socket.send(long)
            hear_until(socket, "landmarks")
    with ExitStack() as stack:
        crowd = [stack.enter_context(visit(port)) for _ in range(50)]
        for socket in crowd:
            with suppress(ConnectionClosed):
                socket.send(b"\1" + grey(1280, 720))
        assert sum("landmarks" in hear(socket) for socket in crowd) == VISITORS


@pytest.mark.timeout(120)
def test_strangers_leave_the_devices_own_stream_untouched(start_daemon: StartDaemon, tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "edge.toml").write_text(f"[web]\nport = {port}\nvisitors = {VISITORS}\n")
    daemon = start_daemon("run", "--config", "edge.toml", "--source", f"take:{TAKES}", "--jsonl", "--exit-at-end")
    daemon.wait_for_log("the live page is at")
    page = children(daemon.process.pid)
    strangers = threading.Thread(target=annoy, args=(port,))
    strangers.start()
    with pytest.raises(InvalidStatus) as refused, visit(port, origin="https://elsewhere.example"):
        pass
    assert refused.value.response.status_code == 403
    strangers.join()
    with visit(port) as socket:
        socket.send(b"\2" + CHEST.read_bytes())
        assert hear_until(socket, "take")[-1] == {"take": "read", "words": 1}
    assert children(daemon.process.pid) == page
    assert [word.sign_id for word in daemon.words()] == [40, 71, 72, 74, 75, 76, 12]
    assert "lost" not in daemon.logged
