"""The discovery message, from which Home Assistant creates the device and its entities.

One retained message for the whole device: https://www.home-assistant.io/integrations/mqtt/#device-discovery-payload
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Final

from edge.requests import Command
from edge.sinks.mqtt.topics import Topics
from landmarkers.plain_text import MAX_SENTENCE

_HEALTH: Final = {
    "camera": {
        "platform": "binary_sensor",
        "name": "Camera",
        "device_class": "connectivity",
        "value_template": "{{ 'OFF' if 'camera' in value_json.faults else 'ON' }}",
        "entity_category": "diagnostic",
    },
    "obstacle": {
        "platform": "sensor",
        "name": "Obstacle to reading",
        "icon": "mdi:eye-off",
        "value_template": "{{ value_json.obstacle or 'none' }}",
        "entity_category": "diagnostic",
    },
    "frames_per_s": {
        "platform": "sensor",
        "name": "Frames a second",
        "icon": "mdi:speedometer",
        "state_class": "measurement",
        "unit_of_measurement": "fps",
        "value_template": "{{ value_json.frames_per_s }}",
        "entity_category": "diagnostic",
    },
    "temperature": {
        "platform": "sensor",
        "name": "Temperature",
        "device_class": "temperature",
        "state_class": "measurement",
        "unit_of_measurement": "°C",
        "value_template": "{{ value_json.temperature_c }}",
        "entity_category": "diagnostic",
    },
}

# Events may be repeated after a broken connection, and are not to fire twice. Far smaller numbers are of a new outbox,
# which begins at a random number.
_NEW: Final = "{{ '' if -1000 < value_json.seq - this.attributes.get('seq', -1) <= 0 else value }}"
# Home Assistant's states have 255 characters at most; the attributes have the whole text.
_TEXT: Final = "{{ value_json.text | truncate(255, leeway=0) }}"
# Controls and signs of writing direction, which the device refuses in a reply: regular expressions inside a template.
_CONTROLS: Final = r"[\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029]"
_DIRECTIONS: Final = r"[\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069]"
_REPLY_TEXT: Final = f'(value | regex_replace("{_CONTROLS}", " ") | regex_replace("{_DIRECTIONS}", "")).split()'
_REPLY: Final = f'{{"command": "reply", "text": {{{{ ({_REPLY_TEXT} | join(" "))[:{MAX_SENTENCE}] | to_json }}}}}}'
_FORMER: Final = {"reading": "switch"}  # entities of earlier releases, with their platforms


@dataclass(frozen=True, slots=True)
class Discovery:
    """The discovery message of one device."""

    prefix: str
    topics: Topics

    @property
    def topic(self) -> str:
        """The topic of the message."""
        return f"{self.prefix}/device/{self._id}/config"

    @property
    def birth_topic(self) -> str:
        """The topic on which Home Assistant publishes `online` when it has started and expects all states again."""
        return f"{self.prefix}/status"

    def to_json(self, commands: Collection[Command], *, has_temperature: bool | None) -> str:
        """Return the message as JSON on one line, with buttons for these commands.

        `has_temperature` is None while it is not known whether there is a sensor.
        """
        release = version("ishara")
        message = {
            "device": {
                "identifiers": [self._id],
                "name": f"Ishara {self.topics.device}",
                "manufacturer": "Ishara",
                "model": "Arabic sign language reader",
                "sw_version": release,
            },
            "origin": {"name": "ishara-edge", "sw_version": release},
            "availability_topic": self.topics.status,
            "payload_available": "online",
            "payload_not_available": "offline",
            "qos": 1,
            "components": self._components(commands, has_temperature=has_temperature),
        }
        return json.dumps(message, ensure_ascii=False)

    @property
    def _id(self) -> str:
        return f"ishara-{self.topics.device}"

    def _components(self, commands: Collection[Command], *, has_temperature: bool | None) -> dict[str, dict[str, Any]]:
        """Return the components; Home Assistant removes the entity of one that has only its platform."""
        entities = self._entities()
        by_command = [Command.CLEAR, Command.IDENTIFY, Command.REPLY]
        absent = dict(_FORMER) | {key: entities[key]["platform"] for key in by_command if key not in commands}
        if has_temperature is None:
            del entities["temperature"]  # Home Assistant leaves it as it is
        elif not has_temperature:
            absent["temperature"] = "sensor"
        present = {key: self._component(key, entity) for key, entity in entities.items() if key not in absent}
        return present | {key: {"platform": platform} for key, platform in absent.items()}

    def _component(self, key: str, entity: dict[str, Any]) -> dict[str, Any]:
        slug = f"{self._id}_{key}".lower().replace("-", "_")
        return {
            "unique_id": f"{self._id}-{key}",
            "default_entity_id": f"{entity['platform']}.{slug}",
            **entity,
        }

    def _entities(self) -> dict[str, dict[str, Any]]:
        topics = self.topics
        return {
            **self._text_entities(),
            **{key: {**entity, "state_topic": topics.health} for key, entity in _HEALTH.items()},
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
            "clear": self._button("Clear captions", Command.CLEAR, icon="mdi:eraser"),
            "identify": self._button("Identify", Command.IDENTIFY, device_class="identify"),
        }

    def _text_entities(self) -> dict[str, dict[str, Any]]:
        """Return the entities of words and utterances."""
        topics = self.topics
        word, utterance = {"state_topic": topics.word}, {"state_topic": topics.utterance}
        return {
            "word": {
                "platform": "event",
                "name": "Word",
                "icon": "mdi:hand-wave",
                "event_types": ["word"],
                "value_template": _NEW,
                **word,
            },
            "last_word": {
                "platform": "sensor",
                "name": "Last word",
                "icon": "mdi:comment-text",
                "value_template": "{{ value_json.word }}",
                "json_attributes_topic": topics.word,
                **word,
            },
            "confidence": {
                "platform": "sensor",
                "name": "Confidence",
                "icon": "mdi:percent",
                "state_class": "measurement",
                "unit_of_measurement": "%",
                "value_template": "{{ (value_json.confidence * 100) | round(1) }}",
                **word,
            },
            "utterance": {
                "platform": "event",
                "name": "Utterance",
                "icon": "mdi:message-text",
                "event_types": ["utterance"],
                "value_template": _NEW,
                **utterance,
            },
            "last_utterance": {
                "platform": "sensor",
                "name": "Last utterance",
                "icon": "mdi:message-text",
                "value_template": _TEXT,
                "json_attributes_topic": topics.utterance,
                **utterance,
            },
        }

    def _button(self, name: str, command: Command, **look: str) -> dict[str, Any]:
        return {
            "platform": "button",
            "name": name,
            **look,
            "command_topic": self.topics.command,
            "payload_press": command,
            "entity_category": "config",
        }
