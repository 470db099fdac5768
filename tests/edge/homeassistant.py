"""A model of the discovery messages that Home Assistant accepts, after the schemas of its MQTT integration.

https://www.home-assistant.io/integrations/mqtt/#device-discovery-payload and the pages of each platform. Home Assistant
itself ignores unknown keys; here they are refused.
"""

import json
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated, Any, Literal, Self

from jinja2 import Environment, StrictUndefined
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    model_validator,
)

DISCOVERY_TOPIC = r"^(?P<prefix>.+)/device/[a-zA-Z0-9_-]+/config$"
_TEMPLATES = Environment(undefined=StrictUndefined, autoescape=False)
# Two of the filters that Home Assistant adds: https://www.home-assistant.io/docs/configuration/templating/
_TEMPLATES.filters["to_json"] = partial(json.dumps, ensure_ascii=False)
_TEMPLATES.filters["regex_replace"] = lambda text, find, replace: re.sub(find, replace, text)


def _check_template(text: str) -> str:
    _TEMPLATES.from_string(text)
    return text


Text = Annotated[str, StringConstraints(min_length=1)]
SubscribeTopic = Annotated[str, StringConstraints(pattern=r"^[^#+\s]+$", max_length=65535)]
PublishTopic = SubscribeTopic
Template = Annotated[str, AfterValidator(_check_template)]
Icon = Annotated[str, StringConstraints(pattern=r"^mdi:[a-z0-9-]+$")]
UNITS = {"temperature": {"°C", "°F", "K"}}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Device(_Strict):
    identifiers: list[Text] = Field(min_length=1)
    name: Text
    manufacturer: Text | None = None
    model: Text | None = None
    sw_version: Text | None = None
    serial_number: Text | None = None
    suggested_area: Text | None = None
    configuration_url: Text | None = None


class Origin(_Strict):
    name: Text
    sw_version: Text | None = None
    support_url: Text | None = None


class _Entity(_Strict):
    unique_id: Text
    name: Text | None
    default_entity_id: Annotated[str, StringConstraints(pattern=r"^[a-z_]+\.[a-z0-9_]+$")]
    icon: Icon | None = None
    entity_category: Literal["config", "diagnostic"] | None = None
    json_attributes_topic: SubscribeTopic | None = None
    json_attributes_template: Template | None = None
    platform: str

    @model_validator(mode="after")
    def _id_matches_platform(self) -> Self:
        if not self.default_entity_id.startswith(f"{self.platform}."):
            raise ValueError(f"{self.default_entity_id} is not an id of a {self.platform}")
        return self


class Event(_Entity):
    platform: Literal["event"]
    state_topic: SubscribeTopic
    event_types: list[Text] = Field(min_length=1)
    device_class: Literal["button", "doorbell", "motion"] | None = None
    value_template: Template | None = None


class Sensor(_Entity):
    platform: Literal["sensor"]
    state_topic: SubscribeTopic
    device_class: str | None = None
    state_class: Literal["measurement", "total", "total_increasing"] | None = None
    unit_of_measurement: Text | None = None
    value_template: Template | None = None

    @model_validator(mode="after")
    def _unit_matches_class(self) -> Self:
        if self.device_class is not None and self.unit_of_measurement not in UNITS[self.device_class]:
            raise ValueError(f"a {self.device_class} has no unit {self.unit_of_measurement}")
        return self


class BinarySensor(_Entity):
    platform: Literal["binary_sensor"]
    state_topic: SubscribeTopic
    device_class: Literal["connectivity", "problem", "running"] | None = None
    payload_on: str = "ON"
    payload_off: str = "OFF"
    value_template: Template | None = None


class Switch(_Entity):
    platform: Literal["switch"]
    command_topic: PublishTopic
    state_topic: SubscribeTopic | None = None
    payload_on: str = "ON"
    payload_off: str = "OFF"
    state_on: str | None = None
    state_off: str | None = None
    value_template: Template | None = None


class Button(_Entity):
    platform: Literal["button"]
    command_topic: PublishTopic
    payload_press: str = "PRESS"
    device_class: Literal["identify", "restart", "update"] | None = None


class Notify(_Entity):
    platform: Literal["notify"]
    command_topic: PublishTopic
    command_template: Template | None = None


class Select(_Entity):
    platform: Literal["select"]
    options: list[Text]
    command_topic: PublishTopic
    command_template: Template | None = None
    state_topic: SubscribeTopic | None = None
    value_template: Template | None = None


class Image(_Entity):
    platform: Literal["image"]
    image_topic: SubscribeTopic
    content_type: Literal["image/jpeg", "image/png"] | None = None


class DeviceTrigger(_Strict):
    platform: Literal["device_automation"]
    automation_type: Literal["trigger"]
    type: Text
    subtype: Text
    topic: SubscribeTopic
    payload: Text | None = None
    value_template: Template | None = None


Entity = Event | Sensor | BinarySensor | Switch | Button | Notify | Select | Image
Component = Annotated[Entity | DeviceTrigger, Field(discriminator="platform")]


def _without_removed(components: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the components without those that have only a platform, whose entities Home Assistant removes."""
    return {key: component for key, component in components.items() if set(component) != {"platform"}}


class DeviceDiscovery(_Strict):
    """The whole message; the keys beside the components apply to each of them."""

    device: Device
    origin: Origin
    components: Annotated[dict[Text, Component], BeforeValidator(_without_removed)] = Field(min_length=1)
    availability_topic: SubscribeTopic | None = None
    payload_available: str = "online"
    payload_not_available: str = "offline"
    qos: Literal[0, 1, 2] = 0

    @model_validator(mode="after")
    def _ids_are_unique(self) -> Self:
        entities = [one for one in self.components.values() if not isinstance(one, DeviceTrigger)]
        triggers = [one for one in self.components.values() if isinstance(one, DeviceTrigger)]
        for ids in (
            [one.unique_id for one in entities],
            [one.default_entity_id for one in entities],
            [(one.type, one.subtype) for one in triggers],
        ):
            if len(set(ids)) != len(ids):
                raise ValueError("two components share an id")
        return self


def parse(payload: str) -> DeviceDiscovery:
    """Parse a message as Home Assistant does. Raises ValidationError."""
    return DeviceDiscovery.model_validate_json(payload)


def command_of(component: Notify | Select, message: str) -> bytes:
    """Return the payload that an entity publishes for a message."""
    return _TEMPLATES.from_string(component.command_template or "{{ value }}").render(value=message).encode()


def fires(trigger: DeviceTrigger, payload: str) -> bool:
    """Return True if the trigger fires at a payload on its topic."""
    return state_of(trigger, payload) == trigger.payload


def attributes_of(component: BinarySensor, payload: str) -> dict[str, Any]:
    """Return the attributes that an entity has after a payload on their topic."""
    assert component.json_attributes_template is not None
    content: Any = TypeAdapter(dict[str, Any]).validate_json(payload)
    template = _TEMPLATES.from_string(component.json_attributes_template)
    found: dict[str, Any] = json.loads(template.render(value=payload, value_json=content))
    return found


def state_of(component: Component, payload: str, attributes: Mapping[str, object] | None = None) -> str:
    """Return the state that an entity shows after a payload on its topic; the result of a template is text.

    `attributes` are those that the entity has had so far.
    """
    template = getattr(component, "value_template", None)
    if template is None:
        return payload
    content: Any = TypeAdapter(dict[str, Any]).validate_json(payload)
    render: Callable[..., str] = _TEMPLATES.from_string(template).render
    return render(value=payload, value_json=content, this={"attributes": attributes or {}})
