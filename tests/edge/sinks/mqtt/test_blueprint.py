"""The blueprints for Home Assistant, as Home Assistant reads them; `make test-homeassistant` uses each of them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from jinja2 import Environment

from edge.commands import Commands
from edge.monitoring.status import DeviceStatus
from edge.requests import Command, Reply
from edge.sinks.mqtt.discovery import Discovery, Features
from edge.sinks.mqtt.topics import Topics
from tests.edge.homeassistant import Notify, command_of, parse
from tests.edge.word_publisher import utterance, word

BLUEPRINTS: Final = Path(__file__).parents[4] / "examples" / "home-assistant"


class Loader(yaml.SafeLoader):  # type: ignore[misc]  # it has no types
    """Reads `!input NAME` as the default of that input, or as the name where there is none."""


class Input(str):
    """The name of an input."""

    __slots__ = ()


Loader.add_constructor("!input", lambda loader, node: Input(loader.construct_scalar(node)))


def load(name: str) -> Any:
    text = (BLUEPRINTS / f"{name}.yaml").read_text(encoding="utf-8")
    return yaml.load(text, Loader)  # a safe loader with one more tag


def render(template: str, **values: object) -> str:
    return Environment(autoescape=False).from_string(template).render(**values)


def test_what_assist_hears_is_published_as_a_reply_on_the_device_topic() -> None:
    automation = load("reply")
    inputs, (trigger,), (action,) = automation["blueprint"]["input"], automation["triggers"], automation["actions"]
    assert (trigger["trigger"], action["action"]) == ("conversation", "notify.send_message")
    sentences = inputs[trigger["command"]]["default"]
    assert all(sentence.count("{reply}") == 1 for sentence in sentences)
    assert inputs[action["target"]["entity_id"]]["selector"]["entity"]["filter"] == [
        {"integration": "mqtt", "domain": "notify"}
    ]
    message = render(action["data"]["message"], trigger={"slots": {"reply": "تفضل بالجلوس"}})
    discovered = parse(Discovery("homeassistant", Topics("desk")).to_json(Features(frozenset(Command))))
    entity = discovered.components["reply"]
    commands, replies = Commands(DeviceStatus()), list[Reply]()
    assert isinstance(entity, Notify)
    assert entity.command_topic == "ishara/desk/command"
    commands.register_payload(Reply, replies.append)
    assert commands.execute(command_of(entity, message)).ok
    assert replies[0].text == "تفضل بالجلوس"


@pytest.mark.parametrize(
    ("signed", "language", "message", "is_said"),
    [
        (word(1), "arabic", "قصبة هوائية", True),
        (word(1), "english", "Trachea", True),
        (utterance(3), "english", utterance(3).text, True),
        (word(1).model_copy(update={"late": True}), "arabic", "قصبة هوائية", False),
        (word(2).model_copy(update={"corrects": 1}), "arabic", "قصبة هوائية", False),
    ],
)
def test_what_is_signed_is_announced(signed: Any, language: str, message: str, is_said: bool) -> None:
    automation = load("announce")
    attributes = signed.model_dump(mode="json", exclude_none=True)
    said = render(automation["variables"]["message"], signed=attributes, language=language)
    condition = automation["conditions"][0]["value_template"]
    assert said == message
    assert render(condition, signed=attributes, message=said, late=False) == str(is_said)


@pytest.mark.parametrize(
    ("changes", "is_alert"),
    [
        ({"word_en": "Help"}, True),
        ({"word": "ألم"}, True),
        ({}, False),
        ({"word_en": "help", "confidence": 0.6}, False),
        ({"word_en": "help", "corrects": 1}, False),
    ],
)
def test_some_words_alert(changes: dict[str, object], is_alert: bool) -> None:
    signed = word(2).model_copy(update=changes).model_dump(mode="json", exclude_none=True)
    condition = load("alert")["conditions"][0]["value_template"]
    assert render(condition, signed=signed, words=["help", "ألم"], confidence=70).strip() == str(is_alert)


def inputs_in(node: object) -> Iterator[str]:
    if isinstance(node, Input):
        yield node
    elif isinstance(node, dict | list):
        for child in node.values() if isinstance(node, dict) else node:
            yield from inputs_in(child)


@pytest.mark.parametrize("name", sorted(path.stem for path in BLUEPRINTS.glob("*.yaml")))
def test_every_input_is_used(name: str) -> None:
    automation = load(name)
    assert automation["blueprint"]["domain"] == "automation"
    assert set(inputs_in(automation)) == set(automation["blueprint"]["input"])
