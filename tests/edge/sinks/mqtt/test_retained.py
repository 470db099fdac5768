"""The retained messages of the device: discovery, model, health and status."""

import json
import random
import signal
import statistics
from itertools import pairwise
from pathlib import Path

import pytest

from edge.monitoring.health import Health, PipelineStats
from edge.monitoring.status import Component, DeviceStatus
from tests.edge.conftest import StartDaemon
from tests.edge.mosquitto import Listener, Mosquitto, listening
from tests.edge.ports import free_port
from tests.edge.sinks.mqtt.conftest import OpenSink
from tests.edge.tiny_bundle import TITLE
from tests.edge.word_publisher import word
from tests.synthetic_signer import even_times, take


def test_discovery_model_health_and_status_are_published_in_this_order(
    broker: Mosquitto, listener: Listener, open_sink: OpenSink
) -> None:
    open_sink(broker.config)
    listener.wait_for_status("online")
    assert [message.topic for message in listener.received] == [
        "homeassistant/device/ishara-entrance/config",
        "ishara/entrance/model",
        "ishara/entrance/health",
        "ishara/entrance/status",
    ]
    assert json.loads(listener.on("model")[0].payload) == {"name": TITLE}
    assert Health.model_validate_json(listener.on("health")[0].payload).words == 0


def test_discovery_model_health_and_status_are_retained(
    broker: Mosquitto, listener: Listener, open_sink: OpenSink
) -> None:
    sink = open_sink(broker.config)
    sink.emit(word(1))
    listener.wait_until(lambda: bool(listener.on("word")) and bool(listener.on("status")))
    with listening(broker, "late-listener") as late_listener:
        late_listener.wait_until(lambda: len(late_listener.received) == 4)
        assert {message.topic.rpartition("/")[2] for message in late_listener.received} == {
            "config",
            "model",
            "health",
            "status",
        }
        assert all(message.retained for message in late_listener.received)


def test_health_is_published_periodically_while_the_camera_is_lost(
    broker: Mosquitto, listener: Listener, open_sink: OpenSink, status: DeviceStatus
) -> None:
    sink = open_sink(broker.config, health_every_s=0.2)
    status.report(Component.CAMERA, "the camera is lost")
    listener.wait_until(lambda: len(listener.on("health")) >= 5)
    sink.close()
    reports = [Health.model_validate_json(message.payload) for message in listener.on("health")]
    assert reports[-1].faults == {Component.CAMERA: "the camera is lost"}
    intervals = [(later.at - earlier.at).total_seconds() for earlier, later in pairwise(reports)]
    assert statistics.median(intervals) >= 0.15


def test_killed_daemon_is_offline(
    broker: Mosquitto, listener: Listener, bundle_folder: Path, start_daemon: StartDaemon, tmp_path: Path
) -> None:
    take(even_times(10, 60.0)).save(tmp_path / "long.take.npz")
    settings = {"ISHARA_MQTT_HOST": "127.0.0.1", "ISHARA_MQTT_PORT": str(broker.port), "ISHARA_DEVICE": "entrance"}
    daemon = start_daemon("run", "--source", "take:long.take.npz", "--model", bundle_folder, settings=settings)
    listener.wait_for_status("online")
    daemon.process.send_signal(signal.SIGKILL)
    listener.wait_for_status("offline")


def test_health_is_published_at_once_when_a_component_is_lost(
    broker: Mosquitto, listener: Listener, open_sink: OpenSink, status: DeviceStatus
) -> None:
    open_sink(broker.config)
    listener.wait_for_status("online")
    status.report(Component.CAMERA, "the camera is away")
    listener.wait_until(lambda: len(listener.on("health")) >= 2)
    latest = Health.model_validate_json(listener.on("health")[-1].payload)
    assert latest.faults == {Component.CAMERA: "the camera is away"}


def test_component_lost_while_the_health_is_read_is_published_too(
    broker: Mosquitto, listener: Listener, open_sink: OpenSink, status: DeviceStatus, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = PipelineStats.health

    def read_slowly(stats: PipelineStats) -> Health:
        health = read(stats)
        status.report(Component.CAMERA, "the camera is away")
        return health

    monkeypatch.setattr(PipelineStats, "health", read_slowly)
    open_sink(broker.config)
    listener.wait_until(
        lambda: any(Health.model_validate_json(message.payload).faults for message in listener.on("health"))
    )


def test_everything_is_published_again_when_home_assistant_starts(
    broker: Mosquitto, listener: Listener, open_sink: OpenSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    bounds: list[tuple[float, float]] = []

    def short_delay(shortest: float, longest: float) -> float:
        bounds.append((shortest, longest))
        return 0.2

    monkeypatch.setattr(random, "uniform", short_delay)
    open_sink(broker.config)
    listener.wait_for_status("online")
    first = [message.topic for message in listener.received]
    listener.publish("homeassistant/status", "offline")
    listener.publish("homeassistant/status", "online")
    listener.wait_until(lambda: len(listener.received) == 2 * len(first) + 2)
    assert [message.topic for message in listener.received][-len(first) :] == first
    assert bounds == [(1.0, 5.0)]


def test_nothing_is_published_for_home_assistant_without_discovery(
    broker: Mosquitto, listener: Listener, open_sink: OpenSink
) -> None:
    open_sink(broker.config.model_copy(update={"discovery": False}))
    listener.wait_for_status("online")
    assert [message.topic for message in listener.received if message.topic.startswith("homeassistant")] == []


@pytest.mark.parametrize("has_page", [True, False])
def test_daemon_announces_buttons_for_what_it_can_do(
    broker: Mosquitto,
    listener: Listener,
    bundle_folder: Path,
    start_daemon: StartDaemon,
    tmp_path: Path,
    has_page: bool,
) -> None:
    take(even_times(10, 60.0)).save(tmp_path / "long.take.npz")
    settings = {"ISHARA_MQTT_HOST": "127.0.0.1", "ISHARA_MQTT_PORT": str(broker.port), "ISHARA_DEVICE": "entrance"}
    if has_page:  # it has captions to clear, but only a screen can identify itself
        settings["ISHARA_WEB_PORT"] = str(free_port())
    start_daemon("run", "--source", "take:long.take.npz", "--model", bundle_folder, settings=settings)
    listener.wait_for_status("online")
    (announcement,) = listener.on("config")
    components = json.loads(announcement.payload)["components"]
    assert components["clear"].get("payload_press") == ("clear" if has_page else None)
    assert components["identify"] == {"platform": "button"}


def test_temperature_that_is_measured_later_is_announced_and_stays(
    broker: Mosquitto, listener: Listener, open_sink: OpenSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured: dict[str, object] = {}
    read = PipelineStats.health
    monkeypatch.setattr(PipelineStats, "health", lambda stats: read(stats).model_copy(update=measured))

    def announced() -> object:
        return json.loads(listener.on("config")[-1].payload)["components"].get("temperature")

    sink = open_sink(broker.config, health_every_s=0.1)
    listener.wait_for_status("online")
    assert announced() is None
    measured |= {"up_s": 11.0}
    listener.wait_until(lambda: announced() == {"platform": "sensor"})
    measured |= {"temperature_c": 61.5}
    listener.wait_until(lambda: announced() not in (None, {"platform": "sensor"}))
    count = len(listener.on("config"))
    measured |= {"temperature_c": None}
    reports = len(listener.on("health"))
    listener.wait_until(lambda: len(listener.on("health")) > reports + 2)
    sink.close()
    assert len(listener.on("config")) == count
