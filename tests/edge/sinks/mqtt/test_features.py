"""The features of a device decide what Home Assistant shows of it: problems, choices, triggers, and nothing else."""

import json

import pytest

from edge.commands import Commands
from edge.config import SHIPPED_MODEL, MqttConfig
from edge.diagnostics.background_check import CheckState
from edge.diagnostics.finding import Finding, State
from edge.monitoring.status import Component, DeviceStatus, Obstacle
from edge.requests import Activate, ChooseVocabulary, Command, Request
from edge.sinks.mqtt.discovery import Features, TriggerWord, find_trigger_words
from models.bundle import open_bundle
from tests.edge.homeassistant import (
    BinarySensor,
    Button,
    DeviceTrigger,
    Image,
    Select,
    attributes_of,
    command_of,
    fires,
    state_of,
)
from tests.edge.sinks.mqtt.test_discovery import DISCOVERED, DISCOVERY, components, health
from tests.edge.word_publisher import utterance, word


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
