"""The whole discovery message of a device.

One retained message for the whole device: https://www.home-assistant.io/integrations/mqtt/#device-discovery-payload
"""

import json
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Final

from edge.sinks.mqtt.discovery import controls, health
from edge.sinks.mqtt.discovery.controls import control_entities
from edge.sinks.mqtt.discovery.features import Features
from edge.sinks.mqtt.discovery.health import health_entities
from edge.sinks.mqtt.discovery.words import triggers, word_entities
from edge.sinks.mqtt.topics import Topics

_FORMER: Final = {"reading": "switch"}  # entities of earlier releases, with their platforms
_PRESENT: Final = {**controls.PRESENT, **health.PRESENT}


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

    def to_json(self, features: Features) -> str:
        """Return the message as JSON on one line, with an entity for each of the features and none for others."""
        release = version("ishara")
        page = {} if features.page_url is None else {"configuration_url": features.page_url}
        message = {
            "device": {
                "identifiers": [self._id],
                "name": f"Ishara {self.topics.device}",
                "manufacturer": "Ishara",
                "model": "Arabic sign language reader",
                "sw_version": release,
                **page,
            },
            "origin": {"name": "ishara-edge", "sw_version": release},
            "availability_topic": self.topics.status,
            "payload_available": "online",
            "payload_not_available": "offline",
            "qos": 1,
            "components": self._components(features),
        }
        return json.dumps(message, ensure_ascii=False)

    @property
    def _id(self) -> str:
        return f"ishara-{self.topics.device}"

    def _components(self, features: Features) -> dict[str, dict[str, Any]]:
        """Return the components; Home Assistant removes the entity of one that has only its platform."""
        topics = self.topics
        entities = word_entities(topics) | health_entities(topics) | control_entities(topics, features)
        components = {}
        for key, entity in entities.items():
            is_present = _PRESENT[key](features) if key in _PRESENT else True
            if is_present:
                components[key] = self._component(key, entity)
            elif is_present is not None:  # without a component Home Assistant leaves the entity as it is
                components[key] = {"platform": entity["platform"]}
        former = {key: {"platform": platform} for key, platform in _FORMER.items()}
        return components | former | triggers(topics, features)

    def _component(self, key: str, entity: dict[str, Any]) -> dict[str, Any]:
        slug = f"{self._id}_{key}".lower().replace("-", "_")
        return {
            "unique_id": f"{self._id}-{key}",
            "default_entity_id": f"{entity['platform']}.{slug}",
            **entity,
        }
