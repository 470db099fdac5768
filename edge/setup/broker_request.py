"""Writes the argument of the process that tries a broker: the broker, and the device that would publish there.

Apart from what connects, so that a daemon without a broker does without its library.
"""

import json

from edge.config import MqttConfig
from edge.requests import BrokerAccess


def access_json(access: BrokerAccess, device: str) -> str:
    """Return the argument of a trial, with the password."""
    password = None if access.password is None else access.password.get_secret_value()
    return json.dumps({"device": device, "access": access.model_dump(mode="json") | {"password": password}})


def section_json(config: MqttConfig, device: str) -> str:
    """Return the same for a broker of the configuration; its files are read by the process."""
    return json.dumps({"device": device, "section": config.model_dump(mode="json")})
