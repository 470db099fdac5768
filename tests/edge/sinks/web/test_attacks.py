"""The page during attacks: the owner, who has the token, is answered. `make test-hostile` tries all of them."""

import resource
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.monitoring.status import Component
from edge.sinks.web import page_watch
from tests.edge.certificates import make_certificates
from tests.edge.sinks.web.attacks import attacking
from tests.edge.sinks.web.client import TOKEN
from tests.edge.sinks.web.conftest import StartDevice
from tests.edge.sinks.web.device import Device
from tests.edge.sinks.web.owner import ask_for
from tests.edge.sinks.web.processes import processor_s
from tests.edge.waiting import wait_until

ASKING_S = 2.0


@pytest.fixture(scope="module")
def token_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("secrets") / "token"
    file.write_text(TOKEN)
    return file


@pytest.fixture(scope="module")
def device(token_file: Path) -> Iterator[Device]:
    running = Device(token_file=token_file)
    wait_until(lambda: bool(ask_for(0.1, running.port).seconds), "the page")
    yield running
    running.stop()


@pytest.mark.parametrize("name", ["half a second request", "half a body", "views that are not read"])
def test_owner_is_answered_during_an_attack(name: str, device: Device) -> None:
    with attacking(name, device.port):
        waits = ask_for(ASKING_S, device.port)
    assert waits.seconds
    assert waits.failures == []


def test_owner_is_answered_while_connections_do_not_begin_tls(
    start_device: StartDevice, token_file: Path, tmp_path: Path
) -> None:
    files = make_certificates(tmp_path)
    device = start_device(certificate_file=files.broker, key_file=files.broker_key, token_file=token_file)
    wait_until(lambda: bool(ask_for(0.1, device.port, tls=True).seconds), "the page")
    with attacking("nothing", device.port):
        waits = ask_for(ASKING_S, device.port, tls=True)
    assert waits.seconds
    assert waits.failures == []


def test_page_that_does_not_answer_is_reported_until_it_does(
    start_device: StartDevice, token_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, seconds in (("_EVERY_S", 0.1), ("_RETRY_S", 0.1), ("_TIMEOUT_S", 0.5)):
        monkeypatch.setattr(page_watch, name, seconds)
    device = start_device(token_file=token_file)
    wait_until(lambda: bool(ask_for(0.1, device.port).seconds), "the page")
    pid = device.sink.pid
    assert pid is not None
    limits = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, limits[1]))  # no file descriptor is left for connections
    wait_until(lambda: Component.WEB in device.status.faults, "the fault")
    assert device.status.faults == {Component.WEB: "the page does not answer: timed out"}
    began = processor_s(pid)
    time.sleep(1.0)
    assert processor_s(pid) - began < 0.5  # it does not keep a processor busy with trying
    resource.prlimit(pid, resource.RLIMIT_NOFILE, limits)
    wait_until(lambda: device.status.faults == {}, "the end of the fault")
