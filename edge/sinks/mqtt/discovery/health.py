"""The entities of the device's health: measurements, and a problem sensor for each thing that can be wrong."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from edge.monitoring.status import Component, Obstacle
from edge.requests import Command
from edge.sinks.mqtt.discovery.features import Features
from edge.sinks.mqtt.topics import Topics

_MEASURED: Final[Mapping[str, Mapping[str, str]]] = {
    "camera": {
        "platform": "binary_sensor",
        "name": "Camera",
        "device_class": "connectivity",
        "value_template": "{{ 'OFF' if 'camera' in value_json.faults else 'ON' }}",
    },
    "obstacle": {
        "platform": "sensor",
        "name": "Obstacle to reading",
        "icon": "mdi:eye-off",
        "value_template": "{{ value_json.obstacle or 'none' }}",
    },
    "frames_per_s": {
        "platform": "sensor",
        "name": "Frames a second",
        "icon": "mdi:speedometer",
        "state_class": "measurement",
        "unit_of_measurement": "fps",
        "value_template": "{{ value_json.frames_per_s }}",
    },
    "temperature": {
        "platform": "sensor",
        "name": "Temperature",
        "device_class": "temperature",
        "state_class": "measurement",
        "unit_of_measurement": "°C",
        "value_template": "{{ value_json.temperature_c }}",
    },
}
_FAULTS: Final[Mapping[Component, tuple[str, str]]] = {
    Component.SCREEN: ("Screen", "mdi:monitor"),
    Component.WEB: ("Live page", "mdi:web"),
    Component.SPEECH: ("Speech", "mdi:bullhorn"),
    Component.DAEMON: ("Program", "mdi:cog"),
}
"""A fault of the camera is shown by its connection. One of the broker reaches nobody: the entities are unavailable."""
_OBSTACLES: Final[Mapping[Obstacle, tuple[str, str]]] = {
    Obstacle.TOO_DARK: ("Too dark", "mdi:brightness-2"),
    Obstacle.TOO_FAR: ("Too far", "mdi:arrow-expand-horizontal"),
    Obstacle.TOO_BLURRED: ("Too blurred", "mdi:blur"),
}
_MODEL_FAULT: Final = "value_json.model_refused or (value_json.model_state or '').startswith('rolled back')"
_MODEL_REASON: Final = "{{ {'reason': value_json.model_refused or value_json.model_state} | to_json }}"

# Findings without a fault are left out: Home Assistant's recorder refuses attributes of more than 16 KiB.
_FAULTY: Final = "value_json.findings | selectattr('state', 'in', ['warning', 'failed']) | list"
_FINDINGS: Final = f"{{{{ {{'at': value_json.at, 'findings': {_FAULTY}}} | to_json }}}}"

PRESENT: Final[Mapping[str, Callable[[Features], bool | None]]] = {
    "temperature": lambda features: features.has_temperature,
    "too_hot": lambda features: features.has_throttling,
    "findings": lambda features: Command.DOCTOR in features.commands,
    "screen": lambda features: Component.SCREEN in features.components,
    "web": lambda features: Component.WEB in features.components,
    "speech": lambda features: Component.SPEECH in features.components,
}
"""True if there is an entity, where not always; None leaves it as it is in Home Assistant."""


def health_entities(topics: Topics) -> dict[str, dict[str, Any]]:
    """Return the entities that show `health`."""
    entities: dict[str, dict[str, Any]] = {key: dict(entity) for key, entity in _MEASURED.items()}
    entities["camera"] |= _attributes(topics, _reason(Component.CAMERA))
    for obstacle, (name, icon) in _OBSTACLES.items():
        key = obstacle.replace(" ", "_")
        entities[key] = _problem(name, icon, f"value_json.obstacle == '{obstacle}'")
    entities["too_hot"] = _problem("Too hot", "mdi:thermometer-alert", "value_json.throttled")
    for component, (name, icon) in _FAULTS.items():
        problem = _problem(name, icon, f"'{component}' in value_json.faults")
        entities[component] = problem | _attributes(topics, _reason(component))
    problem = _problem("Model problem", "mdi:brain", _MODEL_FAULT)
    entities["model_problem"] = problem | _attributes(topics, _MODEL_REASON)
    entities["findings"] = {
        **_problem("Findings of the check", "mdi:stethoscope", "not value_json.ready"),
        "state_topic": topics.doctor,
        "json_attributes_topic": topics.doctor,
        "json_attributes_template": _FINDINGS,
    }
    shared = {"state_topic": topics.health, "entity_category": "diagnostic"}
    return {key: {**shared, **entity} for key, entity in entities.items()}


def _problem(name: str, icon: str, condition: str) -> dict[str, Any]:
    return {
        "platform": "binary_sensor",
        "name": name,
        "icon": icon,
        "device_class": "problem",
        "value_template": f"{{{{ 'ON' if {condition} else 'OFF' }}}}",
    }


def _reason(component: Component) -> str:
    """Return the template of an attribute with the sentence about a component's fault."""
    return f"{{{{ {{'reason': value_json.faults.get('{component}')}} | to_json }}}}"


def _attributes(topics: Topics, template: str) -> dict[str, str]:
    return {"json_attributes_topic": topics.health, "json_attributes_template": template}
