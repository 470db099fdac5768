"""The discovery message, as Home Assistant would accept and use it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jinja2 import TemplateSyntaxError
from pydantic import ValidationError

from edge.commands import Commands, Response
from edge.monitoring.health import Health, PipelineStats
from edge.monitoring.status import Component, DeviceStatus, Obstacle
from edge.requests import Command, Reply
from edge.sinks.mqtt.discovery import Discovery, Features, TriggerWord
from edge.sinks.mqtt.topics import Topics
from models.bundle import open_bundle
from tests.edge.homeassistant import (
    DISCOVERY_TOPIC,
    BinarySensor,
    Button,
    Event,
    Notify,
    Sensor,
    Switch,
    command_of,
    parse,
    state_of,
)
from tests.edge.tiny_bundle import TITLE
from tests.edge.word_publisher import utterance, word

DISCOVERY = Discovery("homeassistant", Topics("entrance"))


def health(status: DeviceStatus | None = None, changes: dict[str, object] | None = None) -> Health:
    return PipelineStats(status=status).health().model_copy(update=changes)


EVERYTHING = Features(
    commands=frozenset(Command),
    components=frozenset(Component),
    has_temperature=True,
    has_throttling=True,
    words=(TriggerWord("help", (182,)), TriggerWord("ألم", (116, 7))),
    models=("shipped", "karsl-230-2-5f4a1ad9"),
    vocabularies=("default", "clinic"),
    page_url="http://192.168.1.20:8300/live-signs",
)
MESSAGE = DISCOVERY.to_json(EVERYTHING)
DISCOVERED = parse(MESSAGE)


def test_one_message_describes_the_whole_device() -> None:
    assert DISCOVERY.topic == "homeassistant/device/ishara-entrance/config"
    assert re.match(DISCOVERY_TOPIC, DISCOVERY.topic)
    assert DISCOVERED.device.identifiers == ["ishara-entrance"]
    assert DISCOVERED.availability_topic == "ishara/entrance/status"
    assert set(DISCOVERED.components) >= {
        "word",
        "last_word",
        "confidence",
        "utterance",
        "last_utterance",
        "camera",
        "frames_per_s",
        "obstacle",
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
def test_parser_refuses_what_home_assistant_refuses(path: str, value: object) -> None:
    message = json.loads(MESSAGE)
    *parents, key = path.split(".")
    node = message
    for parent in parents:
        node = node[parent]
    node[key] = value
    with pytest.raises((ValidationError, TemplateSyntaxError)):
        parse(json.dumps(message))


@pytest.mark.parametrize("device", ["Hall-2", "a_b", "X" * 63])
def test_device_names_make_valid_ids(device: str) -> None:
    discovery = Discovery("ha/discovery", Topics(device))
    assert re.match(DISCOVERY_TOPIC, discovery.topic)
    assert parse(discovery.to_json(EVERYTHING)).device.identifiers == [f"ishara-{device}"]


def test_word_is_an_event_of_a_declared_type() -> None:
    entity = DISCOVERED.components["word"]
    assert isinstance(entity, Event)
    assert entity.state_topic == "ishara/entrance/word"
    assert json.loads(state_of(entity, word(1).to_json()))["event_type"] in entity.event_types


def test_repeated_word_is_no_new_event() -> None:
    entity = DISCOVERED.components["word"]
    assert isinstance(entity, Event)
    last = json.loads(word(5000).to_json())
    for seq in (5000, 4999, 4990):
        assert state_of(entity, word(seq).to_json(), last) == ""
    for seq in (5001, 6000, 2):  # the last is of a new outbox
        assert state_of(entity, word(seq).to_json(), last) == word(seq).to_json()


def test_utterance_is_an_event_that_a_repetition_does_not_fire_again() -> None:
    entity = DISCOVERED.components["utterance"]
    assert isinstance(entity, Event)
    assert entity.state_topic == "ishara/entrance/utterance"
    first = utterance(5000).to_json()
    assert json.loads(state_of(entity, first))["event_type"] in entity.event_types
    assert state_of(entity, first, json.loads(first)) == ""
    assert state_of(entity, utterance(5003).to_json(), json.loads(first)) != ""


def test_last_utterance_is_shown_within_the_255_characters_of_a_state() -> None:
    entity = DISCOVERED.components["last_utterance"]
    assert isinstance(entity, Sensor)
    assert state_of(entity, utterance(3).to_json()) == utterance(3).text
    shown = state_of(entity, utterance(3).model_copy(update={"text": "قصبة " * 100}).to_json())
    assert (len(shown) <= 255, shown[-7:]) == (True, "قصبة...")


@pytest.mark.parametrize(("key", "state"), [("last_word", "قصبة هوائية"), ("confidence", "97.0")])
def test_last_word_is_shown(key: str, state: str) -> None:
    entity = DISCOVERED.components[key]
    assert isinstance(entity, Sensor)
    assert entity.state_topic == "ishara/entrance/word"
    assert state_of(entity, word(1).to_json()) == state


def test_camera_is_connected_or_disconnected() -> None:
    entity, status = DISCOVERED.components["camera"], DeviceStatus()
    assert isinstance(entity, BinarySensor)
    assert entity.state_topic == "ishara/entrance/health"
    assert state_of(entity, health(status).to_json()) == entity.payload_on
    status.report(Component.BROKER, "the broker is lost")
    assert state_of(entity, health(status).to_json()) == entity.payload_on
    status.report(Component.CAMERA, "the camera is lost")
    assert state_of(entity, health(status).to_json()) == entity.payload_off


@pytest.mark.parametrize(
    ("key", "changes", "state"),
    [
        ("frames_per_s", {"frames_per_s": 29.7}, "29.7"),
        ("temperature", {"temperature_c": 61.5}, "61.5"),
        ("obstacle", {"obstacle": Obstacle.TOO_DARK}, "too dark"),
        ("obstacle", {"obstacle": None}, "none"),
    ],
)
def test_health_is_shown(key: str, changes: dict[str, object], state: str) -> None:
    assert state_of(DISCOVERED.components[key], health(changes=changes).to_json()) == state


def test_model_is_shown_with_name_and_version(bundle_folder: Path) -> None:
    manifest = open_bundle(bundle_folder).manifest.model_dump_json(exclude={"files", "spotter"})
    entity = DISCOVERED.components["model"]
    assert isinstance(entity, Sensor)
    assert entity.state_topic == "ishara/entrance/model"
    assert state_of(entity, manifest) == TITLE


def test_switch_pauses_and_resumes() -> None:
    entity, status = DISCOVERED.components["recognition"], DeviceStatus()
    assert isinstance(entity, Switch)
    assert state_of(entity, health(status).to_json()) == entity.state_on
    assert Commands(status).execute(entity.payload_off.encode()).ok
    assert state_of(entity, health(status).to_json()) == entity.state_off
    assert Commands(status).execute(entity.payload_on.encode()).ok
    assert state_of(entity, health(status).to_json()) == entity.state_on


@pytest.mark.parametrize("command", [Command.CLEAR, Command.IDENTIFY])
def test_buttons_send_known_commands(command: Command) -> None:
    entity, commands = DISCOVERED.components[command], Commands(DeviceStatus())
    assert isinstance(entity, Button)
    assert entity.command_topic == "ishara/entrance/command"
    commands.register(command, lambda: None)
    assert commands.execute(entity.payload_press.encode()).ok


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ('غرفة "7"', 'غرفة "7"'),
        ("line one\n\tline\u2028two\x07 \x9c", "line one line two"),
        ("\u202bغرفة\u202c \u200f7\u2069", "غرفة 7"),
        ("ق" * 600, "ق" * 500),
        ("", ""),
    ],
)
def test_message_of_a_notification_is_a_reply(message: str, text: str) -> None:
    entity, commands, replies = DISCOVERED.components["reply"], Commands(DeviceStatus()), list[Reply]()
    assert isinstance(entity, Notify)
    assert entity.command_topic == "ishara/entrance/command"
    commands.register_payload(Reply, replies.append)
    assert commands.execute(command_of(entity, message)) == Response(command="reply", ok=True)
    assert (replies[0].text, replies[0].partial) == (text, False)


def components(**features: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(DISCOVERY.to_json(Features(**features)))["components"]
    return found


def test_identify_button_is_of_its_class() -> None:
    entity = DISCOVERED.components["identify"]
    assert isinstance(entity, Button)
    assert entity.device_class == "identify"


def test_buttons_for_what_is_not_there_are_removed() -> None:
    without_screen = components(commands=frozenset({Command.PAUSE, Command.RESUME, Command.CLEAR}))
    assert without_screen["identify"] == {"platform": "button"}
    assert without_screen["clear"]["command_topic"] == "ishara/entrance/command"
    assert "command_topic" not in components()["clear"]
    assert components()["reply"] == {"platform": "notify"}


def test_temperature_is_removed_where_there_is_no_sensor() -> None:
    assert components(has_temperature=False)["temperature"] == {"platform": "sensor"}
    assert components(has_temperature=True)["temperature"]["device_class"] == "temperature"
    assert "temperature" not in components(has_temperature=None)


def test_entity_of_an_earlier_release_is_removed() -> None:
    assert components()["reading"] == {"platform": "switch"}
