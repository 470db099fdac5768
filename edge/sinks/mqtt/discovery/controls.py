"""The entities by which somebody controls the device: switch, buttons, replies, choices, and the snapshot."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from edge.requests import Command
from edge.sinks.mqtt.discovery.features import Features
from edge.sinks.mqtt.topics import Topics
from landmarkers.plain_text import MAX_SENTENCE

# Controls and signs of writing direction, which the device refuses in a reply: regular expressions inside a template.
_CONTROLS: Final = r"[\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029]"
_DIRECTIONS: Final = r"[\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069]"
_REPLY_TEXT: Final = f'(value | regex_replace("{_CONTROLS}", " ") | regex_replace("{_DIRECTIONS}", "")).split()'
_REPLY: Final = f'{{"command": "reply", "text": {{{{ ({_REPLY_TEXT} | join(" "))[:{MAX_SENTENCE}] | to_json }}}}}}'

PRESENT: Final[Mapping[str, Callable[[Features], bool | None]]] = {
    "reply": lambda features: Command.REPLY in features.commands,
    "clear": lambda features: Command.CLEAR in features.commands,
    "identify": lambda features: Command.IDENTIFY in features.commands,
    "check": lambda features: Command.DOCTOR in features.commands,
    "snapshot": lambda features: Command.SNAPSHOT in features.commands,
    "take_snapshot": lambda features: Command.SNAPSHOT in features.commands,
    "active_model": lambda features: Command.ACTIVATE in features.commands and len(features.models) > 1,
    "vocabulary": lambda features: Command.VOCABULARY in features.commands and len(features.vocabularies) > 1,
}
"""True if there is an entity, where not always."""


def control_entities(topics: Topics, features: Features) -> dict[str, dict[str, Any]]:
    """Return the entities that send commands, and what they show."""
    return {
        "model": {
            "platform": "sensor",
            "name": "Model",
            "icon": "mdi:brain",
            "state_topic": topics.model,
            "value_template": "{{ value_json.name }}@{{ value_json.version }}",
            "entity_category": "diagnostic",
        },
        "recognition": {
            "platform": "switch",
            "name": "Sign recognition",
            "icon": "mdi:eye",
            "state_topic": topics.health,
            "value_template": "{{ 'pause' if value_json.paused else 'resume' }}",
            "state_on": Command.RESUME,
            "state_off": Command.PAUSE,
            "command_topic": topics.command,
            "payload_on": Command.RESUME,
            "payload_off": Command.PAUSE,
        },
        "reply": {
            "platform": "notify",
            "name": "Reply",
            "icon": "mdi:message-reply-text",
            "command_topic": topics.command,
            "command_template": _REPLY,
        },
        "clear": _button(topics, "Clear captions", Command.CLEAR, icon="mdi:eraser"),
        "identify": _button(topics, "Identify", Command.IDENTIFY, device_class="identify"),
        "check": _button(topics, "Check device", Command.DOCTOR, icon="mdi:stethoscope"),
        "snapshot": {
            "platform": "image",
            "name": "Snapshot",
            "icon": "mdi:human-greeting",
            "image_topic": topics.snapshot,
            "content_type": "image/jpeg",
        },
        "take_snapshot": _button(topics, "Take snapshot", Command.SNAPSHOT, icon="mdi:camera"),
        "active_model": _choice(
            topics, ("Active model", "mdi:brain"), Command.ACTIVATE, ("model", "installed_as"), features.models
        ),
        "vocabulary": _choice(
            topics,
            ("Vocabulary", "mdi:book-alphabet"),
            Command.VOCABULARY,
            ("vocabulary", "vocabulary_name"),
            features.vocabularies,
        ),
    }


def _button(topics: Topics, name: str, command: Command, **look: str) -> dict[str, Any]:
    return {
        "platform": "button",
        "name": name,
        **look,
        "command_topic": topics.command,
        "payload_press": command,
        "entity_category": "config",
    }


def _choice(
    topics: Topics, look: tuple[str, str], command: Command, keys: tuple[str, str], options: Sequence[str]
) -> dict[str, Any]:
    """Return a select of these options: the keys are that of the command, and that of the topic `model`.

    Home Assistant complains of a state that is no option, which one may be until it has read a newer message than this.
    """
    (name, icon), (given, shown) = look, keys
    listed = json.dumps(options, ensure_ascii=False)
    return {
        "platform": "select",
        "name": name,
        "icon": icon,
        "options": list(options),
        "state_topic": topics.model,
        "value_template": f"{{{{ value_json.{shown} if value_json.{shown} in {listed} else 'None' }}}}",
        "command_topic": topics.command,
        "command_template": f'{{"command": "{command}", "{given}": {{{{ value | to_json }}}}}}',
        "entity_category": "config",
    }
