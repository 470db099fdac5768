"""The command `activate`: somebody at a distance chooses among the installed models."""

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from edge.commands import Commands, Response
from edge.config import SHIPPED_MODEL, EdgeConfig
from edge.lifecycle.plan import Plan
from edge.model_selection.model_choice import ModelChoice
from edge.monitoring.meter import MeteredClassifier
from edge.monitoring.status import DeviceStatus
from edge.requests import Activate
from landmarkers.tracking import FINGERPRINT
from models.bundle import open_bundle
from models.classifier import OnnxClassifier
from models.keys import generate_keys
from models.signature import TrustedKeys
from models.store import SHIPPED, BundleStore
from tests.edge.tiny_bundle import write_bundle
from tests.edge.waiting import wait_until

pytestmark = pytest.mark.usefixtures("without_smoke_test")


class Device:
    """A device whose model is chosen by commands."""

    def __init__(self, folder: Path, *, keys: TrustedKeys | None = None) -> None:
        self.store = BundleStore(folder / "models")
        bundles = [
            write_bundle(folder / f"made-{version}", landmarker=FINGERPRINT, version=version) for version in (3, 4)
        ]
        self.names = [self.store.install(bundle) for bundle in bundles]
        if keys is not None:
            self.store = BundleStore(folder / "models", keys)
        self.status = DeviceStatus()
        self.reloads = 0
        self.choice = ModelChoice(self.store, plan(SHIPPED_MODEL), self.status, self._reload)
        self._commands = Commands(self.status)
        self._commands.register_payload(Activate, self.choice.choose)

    def choose(self, model: str) -> Response:
        request = Activate(command="activate", model=model)
        return self._commands.execute(request.model_dump_json().encode())

    def choose_and_wait(self, model: str) -> None:
        reloads = self.reloads
        assert self.choose(model).ok
        wait_until(lambda: self.reloads > reloads, "the reload")
        wait_until(lambda: not self.choice._is_busy, "the end of the choice")

    def close(self) -> None:
        self.choice.close()

    def _reload(self) -> None:
        self.reloads += 1


def plan(folder: Path) -> Plan:
    bundle = open_bundle(folder)
    return Plan(EdgeConfig(), bundle, MeteredClassifier(OnnxClassifier(bundle)))


@pytest.fixture
def device(tmp_path: Path) -> Iterator[Device]:
    with closing(Device(tmp_path)) as device:
        yield device


def test_chosen_model_is_activated_on_probation_and_the_daemon_reloads(device: Device) -> None:
    third, fourth = device.names
    assert device.choice.options == (SHIPPED, third, fourth)
    device.choose_and_wait(fourth)
    assert device.store.current_name() == fourth
    probation = device.store.probation()
    assert probation is not None
    assert probation.name == fourth
    device.choose_and_wait(SHIPPED)
    assert device.store.current_name() is None
    assert device.store.names() == [third, fourth]


@pytest.mark.parametrize("model", ["../../etc", "nothing-1-00000000", "", "x" * 256, "SHIPPED"])
def test_what_is_not_installed_is_refused_and_nothing_changes(device: Device, model: str) -> None:
    response = device._commands.execute(b'{"command": "activate", "model": "%s"}' % model.encode())
    assert not response.ok
    assert response.error
    assert (device.store.current_name(), device.reloads) == (None, 0)


def test_damaged_model_is_refused_with_the_reason(device: Device) -> None:
    third, fourth = device.names
    (device.store.root / third / "model.onnx").write_bytes(b"nothing")
    assert device.choose(third).ok  # it is opened later
    wait_until(lambda: device.status.model_refused is not None, "the refusal")
    assert str(device.status.model_refused).startswith(f"{third}: ")
    assert (device.store.current_name(), device.reloads) == (None, 0)
    wait_until(lambda: not device.choice._is_busy, "the end of the choice")
    device.choose_and_wait(fourth)
    assert device.status.model_refused is None


def test_model_that_no_trusted_key_has_signed_is_refused(tmp_path: Path) -> None:
    generate_keys(tmp_path / "keys", "workshop")
    with closing(Device(tmp_path, keys=TrustedKeys.read(tmp_path / "keys"))) as device:
        assert device.choose(device.names[0]).ok
        wait_until(lambda: device.status.model_refused is not None, "the refusal")
        assert "sign" in str(device.status.model_refused)
        assert device.store.current_name() is None


def test_choices_are_limited_in_an_hour(device: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(10):
        device.choose_and_wait(device.names[number % 2])
    refused = device.choose(device.names[0])
    assert (refused.ok, refused.error) == (False, "10 models were chosen within an hour; wait a while")
    later = time.monotonic() + 3600.0
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert device.choose(device.names[0]).ok


def test_second_choice_waits_for_the_first(device: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device.store, "activate", lambda _name: time.sleep(0.3))
    assert device.choose(device.names[0]).ok
    assert "another model is being activated" in str(device.choose(device.names[1]).error)


def test_refusal_lists_the_models_that_are_installed(device: Device) -> None:
    there = f"there are: {', '.join((SHIPPED, *device.names))}"
    assert device.choose("nothing").error == f"there is no model nothing on this device; {there}"
