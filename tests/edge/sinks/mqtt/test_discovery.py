"""The discovery message, as Home Assistant would accept and use it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jinja2 import TemplateSyntaxError
from pydantic import ValidationError

from edge.commands import Commands, Response
from edge.config import SHIPPED_MODEL, MqttConfig
from edge.diagnostics.background_check import CheckState
from edge.diagnostics.finding import Finding, State
from edge.monitoring.health import Health, PipelineStats
from edge.monitoring.status import Component, DeviceStatus, Obstacle
from edge.requests import Activate, ChooseVocabulary, Command, Reply, Request
from edge.sinks.mqtt.discovery import Discovery, Features, TriggerWord, find_trigger_words
from edge.sinks.mqtt.topics import Topics
from models.bundle import open_bundle
from tests.edge.homeassistant import (
    DISCOVERY_TOPIC,
    BinarySensor,
    Button,
    DeviceTrigger,
    Event,
    Image,
    Notify,
    Select,
    Sensor,
    Switch,
    attributes_of,
    command_of,
    fires,
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


@pytest.mark.parametrize(
    ("key", "changes", "reason"),
    [
        ("too_dark", {"obstacle": Obstacle.TOO_DARK}, None),
        ("too_far", {"obstacle": Obstacle.TOO_FAR}, None),
        ("too_blurred", {"obstacle": Obstacle.TOO_BLURRED}, None),
        ("too_hot", {"throttled": True}, None),
        ("screen", {"faults": {Component.SCREEN: "no screen"}}, "no screen"),
        ("web", {"faults": {Component.WEB: "the port is taken"}}, "the port is taken"),
        ("speech", {"faults": {Component.SPEECH: "no loudspeaker"}}, "no loudspeaker"),
        ("daemon", {"faults": {Component.DAEMON: "a thread failed"}}, "a thread failed"),
        ("model_problem", {"model_state": "rolled back tiny: it is slow"}, "rolled back tiny: it is slow"),
        ("model_problem", {"model_refused": "tiny: it is not signed"}, "tiny: it is not signed"),
    ],
)
def test_each_problem_has_a_sensor_which_says_what_it_is(
    key: str, changes: dict[str, object], reason: str | None
) -> None:
    entity = DISCOVERED.components[key]
    assert isinstance(entity, BinarySensor)
    assert entity.device_class == "problem"
    well, bad = health(changes={"model_state": "proven"}).to_json(), health(changes=changes).to_json()
    assert (state_of(entity, well), state_of(entity, bad)) == (entity.payload_off, entity.payload_on)
    assert reason is None or attributes_of(entity, bad)["reason"] == reason


def test_no_entity_is_there_for_what_is_not_there() -> None:
    found = components(components=frozenset({Component.CAMERA, Component.DAEMON}), has_throttling=False)
    absent = {key for key, component in found.items() if set(component) == {"platform"}}
    assert absent == {
        *("reading", "screen", "web", "speech", "too_hot"),
        *("check", "findings", "reply", "clear", "identify", "snapshot", "take_snapshot", "active_model", "vocabulary"),
    }
    assert "too_hot" not in components(has_throttling=None)
    assert "configuration_url" not in json.loads(DISCOVERY.to_json(Features()))["device"]
    assert DISCOVERED.device.configuration_url == "http://192.168.1.20:8300/live-signs"


def test_one_model_or_vocabulary_is_no_choice() -> None:
    found = components(commands=frozenset(Command), models=("shipped",), vocabularies=("default",))
    assert (found["active_model"], found["vocabulary"]) == ({"platform": "select"}, {"platform": "select"})


@pytest.mark.parametrize(
    ("key", "kind", "field", "shown"),
    [
        ("active_model", Activate, "model", "installed_as"),
        ("vocabulary", ChooseVocabulary, "vocabulary", "vocabulary_name"),
    ],
)
def test_choice_shows_what_is_used_and_sends_a_command(key: str, kind: type[Request], field: str, shown: str) -> None:
    entity, commands, requests = DISCOVERED.components[key], Commands(DeviceStatus()), list[Request]()
    assert isinstance(entity, Select)
    assert state_of(entity, json.dumps({shown: entity.options[1]})) == entity.options[1]
    assert state_of(entity, json.dumps({shown: "newer than the message"})) == "None"
    commands.register_payload(kind, requests.append)
    assert commands.execute(command_of(entity, entity.options[1])).ok
    assert getattr(requests[0], field) == entity.options[1]


def test_snapshot_is_an_image_and_is_taken_by_a_button() -> None:
    image, button = DISCOVERED.components["snapshot"], DISCOVERED.components["take_snapshot"]
    assert isinstance(image, Image)
    assert isinstance(button, Button)
    assert (image.image_topic, button.payload_press) == ("ishara/entrance/snapshot", "snapshot")


def triggers() -> dict[str, DeviceTrigger]:
    found = [one for one in DISCOVERED.components.values() if isinstance(one, DeviceTrigger)]
    return {f"{one.subtype} {one.type}": one for one in found}


def test_triggers_fire_at_words_and_utterances_and_not_at_their_corrections() -> None:
    found = triggers()
    assert set(found) == {"A word signed", "An utterance ended", "help signed", "ألم signed"}
    help_, other = word(1).model_copy(update={"sign_id": 182}), word(2)
    correction = word(3).model_copy(update={"sign_id": 182, "corrects": 2})
    assert [fires(found["help signed"], one.to_json()) for one in (help_, other, correction)] == [True, False, False]
    assert [fires(found["A word signed"], one.to_json()) for one in (help_, other, correction)] == [True, True, False]
    assert fires(found["An utterance ended"], utterance(3).to_json())
    assert not fires(found["An utterance ended"], utterance(3).model_copy(update={"corrects": 2}).to_json())


def test_trigger_that_is_no_more_is_removed_and_others_keep_their_keys() -> None:
    before = {key for key in components(words=(TriggerWord("help", (182,)),)) if key.startswith("trigger")}
    after = components(words=(TriggerWord("pain", (116,)),), former_triggers=frozenset(before))
    removed = [key for key, component in after.items() if component == {"platform": "device_automation"}]
    assert len(removed) == 1
    assert before - {*removed} <= set(after)


def test_words_of_the_configuration_are_found_in_what_may_be_said() -> None:
    signs = open_bundle(SHIPPED_MODEL).signs
    (help_,) = find_trigger_words(["Help"], signs, None)
    assert help_ == TriggerWord("Help", (182,))
    assert find_trigger_words(["182", "help", "ألم", "no such word"], signs, None) == (
        TriggerWord("help", (182,)),
        TriggerWord("ألم", (116,)),
    )
    assert find_trigger_words(["help", "pain"], signs, frozenset({116})) == (TriggerWord("pain", (116,)),)
    assert [one.text for one in find_trigger_words(MqttConfig(host="h").trigger_words, signs, None)] == [
        *("help", "pain", "doctor", "welcome", "thanks")
    ]


def test_check_of_the_device_is_begun_by_a_button_and_its_faults_are_shown() -> None:
    button, entity = DISCOVERED.components["check"], DISCOVERED.components["findings"]
    assert isinstance(button, Button)
    assert isinstance(entity, BinarySensor)
    assert (button.payload_press, entity.state_topic) == ("doctor", "ishara/entrance/doctor")
    findings = [Finding("broker", State.OK, "it is well"), Finding("camera", State.FAILED, "it is lost", "plug it in")]
    failed = CheckState(findings=tuple(findings), ready=False)
    assert state_of(entity, failed.to_json()) == entity.payload_on
    assert state_of(entity, CheckState().to_json()) == entity.payload_off
    shown = attributes_of(entity, failed.to_json())["findings"]
    assert [(one["sentence"], one["remedy"]) for one in shown] == [("it is lost", "plug it in")]
