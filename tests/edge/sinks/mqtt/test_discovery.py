"""Whether Home Assistant would find the device, and understand what it then says."""

import json
import re
from pathlib import Path

import pytest
from jinja2 import TemplateSyntaxError
from pydantic import ValidationError

from edge.commands import Command, Commands
from edge.monitoring.health import PipelineStats
from edge.monitoring.status import Component, DeviceStatus
from edge.sinks.mqtt.discovery import Discovery
from edge.sinks.mqtt.topics import Topics
from models.bundle import open_bundle
from tests.edge.homeassistant import DISCOVERY_TOPIC, BinarySensor, Button, Event, Sensor, Switch, parse, state_of
from tests.edge.tiny_bundle import TITLE
from tests.edge.word_publisher import word

DISCOVERY = Discovery("homeassistant", Topics("entrance"))
FOUND = parse(DISCOVERY.to_json())


def health(status: DeviceStatus | None = None, changes: dict[str, object] | None = None) -> str:
    return PipelineStats(status=status).health().model_copy(update=changes).to_json()


def test_the_message_is_one_for_the_whole_device() -> None:
    assert DISCOVERY.topic == "homeassistant/device/ishara-entrance/config"
    assert re.match(DISCOVERY_TOPIC, DISCOVERY.topic)
    assert FOUND.device.identifiers == ["ishara-entrance"]
    assert FOUND.availability_topic == "ishara/entrance/status"
    assert set(FOUND.components) >= {
        "word",
        "last_word",
        "confidence",
        "camera",
        "frames_per_s",
        "temperature",
        "model",
    }


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("origin", None),
        ("device.identifiers", []),
        ("components.word.event_types", None),
        ("components.word.default_entity_id", "sensor.word"),
        ("components.temperature.unit_of_measurement", "%"),
        ("components.confidence.value_template", "{{ value_json.confidence"),
        ("components.camera.object_id", "camera"),
        ("components.model.platform", "text_to_speech"),
    ],
)
def test_the_parser_refuses_what_home_assistant_does(path: str, value: object) -> None:
    message = json.loads(DISCOVERY.to_json())
    *way, key = path.split(".")
    place = message
    for step in way:
        place = place[step]
    place[key] = value
    with pytest.raises((ValidationError, TemplateSyntaxError)):
        parse(json.dumps(message))


@pytest.mark.parametrize("device", ["Hall-2", "a_b", "X" * 63])
def test_any_device_name_makes_valid_ids(device: str) -> None:
    discovery = Discovery("ha/found", Topics(device))
    assert re.match(DISCOVERY_TOPIC, discovery.topic)
    assert parse(discovery.to_json()).device.identifiers == [f"ishara-{device}"]


def test_a_word_is_an_event_of_a_declared_type() -> None:
    entity = FOUND.components["word"]
    assert isinstance(entity, Event)
    assert entity.state_topic == "ishara/entrance/word"
    assert json.loads(state_of(entity, word(1).to_json()))["event_type"] in entity.event_types


@pytest.mark.parametrize(("key", "state"), [("last_word", "قصبة هوائية"), ("confidence", "97.0")])
def test_the_last_word_is_shown(key: str, state: str) -> None:
    entity = FOUND.components[key]
    assert isinstance(entity, Sensor)
    assert entity.state_topic == "ishara/entrance/word"
    assert state_of(entity, word(1).to_json()) == state


def test_the_camera_is_connected_or_not() -> None:
    entity, status = FOUND.components["camera"], DeviceStatus()
    assert isinstance(entity, BinarySensor)
    assert entity.state_topic == "ishara/entrance/health"
    assert state_of(entity, health(status)) == entity.payload_on
    status.report(Component.BROKER, "the broker is away")
    assert state_of(entity, health(status)) == entity.payload_on
    status.report(Component.CAMERA, "the camera is away")
    assert state_of(entity, health(status)) == entity.payload_off


@pytest.mark.parametrize(
    ("key", "changes", "state"),
    [
        ("frames_per_s", {"frames_per_s": 29.7}, "29.7"),
        ("temperature", {"temperature_c": 61.5}, "61.5"),
        ("temperature", {"temperature_c": None}, "None"),  # Home Assistant shows this as unknown
    ],
)
def test_health_is_shown(key: str, changes: dict[str, object], state: str) -> None:
    assert state_of(FOUND.components[key], health(changes=changes)) == state


def test_the_model_is_shown_by_its_title(bundle_folder: Path) -> None:
    manifest = open_bundle(bundle_folder).manifest.model_dump_json(exclude={"files", "spotter"})
    entity = FOUND.components["model"]
    assert isinstance(entity, Sensor)
    assert entity.state_topic == "ishara/entrance/model"
    assert state_of(entity, manifest) == TITLE


def test_the_switch_pauses_and_shows_it() -> None:
    entity, status = FOUND.components["reading"], DeviceStatus()
    assert isinstance(entity, Switch)
    assert state_of(entity, health(status)) == entity.state_on
    assert Commands(status).execute(entity.payload_off.encode()).ok
    assert state_of(entity, health(status)) == entity.state_off
    assert Commands(status).execute(entity.payload_on.encode()).ok
    assert state_of(entity, health(status)) == entity.state_on


@pytest.mark.parametrize("command", [Command.CLEAR, Command.IDENTIFY])
def test_buttons_send_commands_that_are_known(command: Command) -> None:
    entity, commands = FOUND.components[command], Commands(DeviceStatus())
    assert isinstance(entity, Button)
    assert entity.command_topic == "ishara/entrance/command"
    commands.register(command, lambda: None)
    assert commands.execute(entity.payload_press.encode()).ok
