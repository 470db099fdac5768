"""The blueprint for Home Assistant, as Home Assistant reads it."""

from pathlib import Path
from typing import Any, Final

import yaml
from jinja2 import Environment

from edge.commands import Commands
from edge.monitoring.status import DeviceStatus
from edge.requests import Command, Reply
from edge.sinks.mqtt.discovery import Discovery, Features
from edge.sinks.mqtt.topics import Topics
from tests.edge.homeassistant import Notify, command_of, parse

BLUEPRINT: Final = Path(__file__).parents[4] / "examples" / "home-assistant" / "reply.yaml"


class Loader(yaml.SafeLoader):  # type: ignore[misc]  # it has no types
    """Reads `!input NAME` as the default of that input, or as the name where there is none."""


class Input(str):
    """The name of an input."""

    __slots__ = ()


Loader.add_constructor("!input", lambda loader, node: Input(loader.construct_scalar(node)))


def load() -> Any:
    return yaml.load(BLUEPRINT.read_text(encoding="utf-8"), Loader)  # a safe loader with one more tag


def test_what_assist_hears_is_published_as_a_reply_on_the_device_topic() -> None:
    automation = load()
    inputs, (trigger,), (action,) = automation["blueprint"]["input"], automation["triggers"], automation["actions"]
    assert automation["blueprint"]["domain"] == "automation"
    assert (trigger["trigger"], action["action"]) == ("conversation", "notify.send_message")
    sentences = inputs[trigger["command"]]["default"]
    assert all(sentence.count("{reply}") == 1 for sentence in sentences)
    assert inputs[action["target"]["entity_id"]]["selector"]["entity"]["filter"] == [
        {"integration": "mqtt", "domain": "notify"}
    ]
    heard = {"slots": {"reply": "تفضل بالجلوس"}}
    message = Environment(autoescape=False).from_string(action["data"]["message"]).render(trigger=heard)
    discovered = parse(Discovery("homeassistant", Topics("desk")).to_json(Features(frozenset(Command))))
    entity = discovered.components["reply"]
    commands, replies = Commands(DeviceStatus()), list[Reply]()
    assert isinstance(entity, Notify)
    assert entity.command_topic == "ishara/desk/command"
    commands.register_payload(Reply, replies.append)
    assert commands.execute(command_of(entity, message)).ok
    assert replies[0].text == "تفضل بالجلوس"


def test_every_input_is_used() -> None:
    automation = load()
    used = {automation["triggers"][0]["command"], automation["actions"][0]["target"]["entity_id"]}
    assert used == set(automation["blueprint"]["input"])
    assert all(isinstance(name, Input) for name in used)
