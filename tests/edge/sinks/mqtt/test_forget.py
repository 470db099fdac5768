"""`ishara-edge mqtt forget`: the broker keeps nothing of a device."""

from collections.abc import Callable
from pathlib import Path

import pytest

from edge.__main__ import main
from edge.settings.location import SERVICE_FILE, SERVICE_STATE, Location, service_state
from edge.sinks.mqtt.announcements import Announcements
from tests.edge.mosquitto import Listener, Mosquitto
from tests.edge.ports import free_port
from tests.edge.sinks.mqtt.conftest import OpenSink
from tests.edge.sinks.mqtt.test_announcements import retained_topics, topics_of


@pytest.fixture
def forget(broker: Mosquitto, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Return the command, with the settings of a device called entrance."""
    settings = {"DEVICE": "entrance", "MQTT_HOST": "127.0.0.1", "MQTT_PORT": str(broker.port)}
    settings |= {"MQTT_OUTBOX": str(tmp_path / "outbox")}
    for name, value in settings.items():
        monkeypatch.setenv(f"ISHARA_{name}", value)
    return lambda *arguments: main(["mqtt", "forget", *arguments])


def announce(broker: Mosquitto, listener: Listener, open_sink: OpenSink, device: str = "entrance") -> None:
    """Let a device announce itself and end."""
    sink = open_sink(broker.config, device=device)
    listener.wait_for_status("online")
    sink.close()
    listener.wait_for_status("offline")


def test_nothing_is_left_of_a_device_that_is_removed(
    broker: Mosquitto,
    listener: Listener,
    open_sink: OpenSink,
    forget: Callable[..., int],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    announce(broker, listener, open_sink)
    assert retained_topics(broker) == topics_of("entrance")
    (tmp_path / "announced-former").write_text("ishara/former/status\nother/device/ishara-former/config\n")
    listener.publish("other/device/ishara-former/config", "{}", retain=True)
    assert forget() == 0
    assert retained_topics(broker) == set()
    assert not list(tmp_path.glob("announced-*"))
    printed = capsys.readouterr().out
    assert printed.startswith(f"the broker 127.0.0.1:{broker.port} keeps nothing of entrance any more")
    assert "  other/device/ishara-former/config\n" in printed
    assert forget() == 0  # as often as somebody likes


def test_earlier_name_is_forgotten_though_its_file_is_lost(
    broker: Mosquitto, listener: Listener, open_sink: OpenSink, forget: Callable[..., int], tmp_path: Path
) -> None:
    announce(broker, listener, open_sink, device="old")
    (tmp_path / "announced-old").unlink()
    assert forget("--device", "old") == 0
    assert retained_topics(broker) == set()
    assert not list(tmp_path.glob("announced-*"))


def test_broker_of_before_is_cleared_and_the_own_one_stays_known(
    broker: Mosquitto,
    new_broker: Callable[..., Mosquitto],
    listener: Listener,
    open_sink: OpenSink,
    forget: Callable[..., int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    announce(broker, listener, open_sink)
    current = new_broker()
    current.start()
    monkeypatch.setenv("ISHARA_MQTT_PORT", str(current.port))
    assert forget("--broker", f"127.0.0.1:{broker.port}") == 0
    assert retained_topics(broker) == set()
    assert (tmp_path / "announced-entrance").exists()


def test_running_device_is_not_forgotten(
    broker: Mosquitto, forget: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    running = Announcements(tmp_path, "entrance", ["ishara/entrance/status"])
    assert forget() == 2
    assert "the daemon of entrance is running and would announce itself again; stop it first" in capsys.readouterr().err
    running.close()
    assert forget() == 0


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--broker", "127.0.0.1:x"), "is no address of a broker"),
        (("--broker", "user@host"), "is no address of a broker"),
        (("--broker", f"127.0.0.1:{free_port()}"), "cannot be reached"),
    ],
)
def test_refusal_is_one_sentence(
    arguments: tuple[str, ...], reason: str, forget: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert forget(*arguments) == 2
    error = capsys.readouterr().err
    assert (reason in error, error.count("\n")) == (True, 1)


def test_device_without_a_broker_gets_the_reason(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["mqtt", "forget"]) == 2
    assert "no section [mqtt]" in capsys.readouterr().err


def test_state_is_that_of_the_service_whose_configuration_is_used(tmp_path: Path) -> None:
    own = {"XDG_STATE_HOME": str(tmp_path)}
    assert service_state(Location(SERVICE_FILE), own) == SERVICE_STATE
    assert service_state(Location(SERVICE_FILE), {"STATE_DIRECTORY": str(tmp_path)}) == tmp_path
    assert service_state(Location(tmp_path / "edge.toml", tmp_path), own) == tmp_path
    assert service_state(Location(None), own) == tmp_path / "ishara"
