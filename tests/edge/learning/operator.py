"""Somebody who teaches a daemon over MQTT."""

import json
from typing import Any

from edge.monitoring.health import Health
from tests.edge.mosquitto import Listener


class Operator:
    """Sends commands, and reads their responses."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._sent = 0

    def send(self, **command: Any) -> dict[str, Any]:
        """Return the response to a command."""
        self._sent += 1
        self._listener.publish("ishara/entrance/command", json.dumps(command | {"id": self._sent}))
        self._listener.wait_until(lambda: self._response() is not None)
        return self._response() or {}

    def _response(self) -> dict[str, Any] | None:
        found = (json.loads(message.payload) for message in self._listener.on("response"))
        return next((response for response in found if response["id"] == self._sent), None)


def learned_version(listener: Listener) -> int | None:
    health = Health.model_validate_json(listener.on("health")[-1].payload)
    return None if health.learned is None else health.learned.version
