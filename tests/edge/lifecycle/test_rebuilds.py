"""Stages that a reload builds anew leave nothing of the old ones behind."""

import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.edge.clips import write_clip
from tests.edge.conftest import StartDaemon
from tests.edge.mosquitto import Mosquitto
from tests.edge.ports import free_port
from tests.edge.service_manager import ServiceManager, managing
from tests.edge.sinks.captions.xvfb import Xvfb
from tests.edge.sinks.web.processes import children
from tests.edge.waiting import wait_until

REBUILDS = 2


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[ServiceManager]:
    with managing(tmp_path) as manager:
        yield manager


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[Xvfb]:
    server = Xvfb(tmp_path)
    yield server
    server.kill()


@dataclass(frozen=True)
class Opened:
    """The number of things that a process holds."""

    sockets: int
    pipes: int
    threads: int
    children: int


def opened(pid: int) -> Opened:
    kinds = Counter(kind for kind, separator, _ in map(read_link, Path(f"/proc/{pid}/fd").iterdir()) if separator)
    threads = len(list(Path(f"/proc/{pid}/task").iterdir()))
    return Opened(kinds["socket"], kinds["pipe"], threads, len(children(pid)))


def read_link(link: Path) -> tuple[str, str, str]:
    """Return kind and number of what a descriptor stands for; nothing for one that is closed meanwhile."""
    with suppress(FileNotFoundError):
        return str(link.readlink()).partition(":[")
    return "", "", ""


def settled(pid: int) -> Opened:
    """Return what a process holds once that has not changed for a second."""
    latest, since = opened(pid), time.monotonic()
    while time.monotonic() < since + 1.0:
        time.sleep(0.05)
        if (now := opened(pid)) != latest:
            latest, since = now, time.monotonic()
    return latest


@pytest.mark.timeout(200)
def test_rebuilds_leave_no_socket_thread_or_process(
    manager: ServiceManager,
    screen: Xvfb,
    broker: Mosquitto,
    camera_bundle: Path,
    start_daemon: StartDaemon,
    tmp_path: Path,
) -> None:
    clip = write_clip(tmp_path / "clip.mp4")
    web, metrics = free_port(), free_port()

    def configure(number: int) -> None:
        (tmp_path / "edge.toml").write_text(
            f"device = 'entrance'\nhealth_every_s = {10 + number}\n[camera]\nsource = '{clip}'\n"
            f"[model]\nfolder = '{camera_bundle}'\n[mqtt]\nhost = '127.0.0.1'\nport = {broker.port}\n"
            f"[web]\nport = {web}\n[metrics]\nport = {metrics}\n[captions]\n"
        )

    configure(0)
    settings = {"NOTIFY_SOCKET": str(manager.path), "DISPLAY": screen.display, "SDL_VIDEODRIVER": "x11"}
    daemon = start_daemon("run", "--config", "edge.toml", "--quiet", settings=settings)
    pid = daemon.process.pid
    first: Opened | None = None
    for number in range(REBUILDS + 1):
        if number:
            configure(number)
            daemon.process.send_signal(signal.SIGHUP)
        wait_until(lambda: manager.values("READY").count("1") > number, "the stages")  # noqa: B023  # called at once
        wait_until(lambda: daemon.logged.count("the live page is at") > number, "the live page")  # noqa: B023
        wait_until(lambda: daemon.logged.count("captions are on a screen") > number, "captions")  # noqa: B023
        wait_until(lambda: broker.log.count("New client connected") > number, "the broker")  # noqa: B023
        first = first or settled(pid)
        wait_until(lambda: opened(pid) == first, "the end of the old stages")  # noqa: B023
    assert first is not None
    assert first.sockets > 0
