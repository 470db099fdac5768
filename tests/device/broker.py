"""A real Mosquitto on the device that keeps nothing, and what was heard on it."""

import json
from dataclasses import dataclass
from typing import Any, Final

from tests.device.device import Device, wait_until

_HEARD: Final = "run/heard.jsonl"
_CONFIG: Final = "listener 1883 127.0.0.1\nallow_anonymous true\npersistence false\n"


@dataclass(frozen=True, slots=True)
class Heard:
    """One message as it came to the listener."""

    topic: str
    payload: str
    retained: bool


class Broker:
    """Mosquitto and its listener, each a unit of its own; the listener hears every topic."""

    def __init__(self, device: Device) -> None:
        self._device = device
        device.write("etc/ishara-broker.conf", _CONFIG)
        self.start()
        device.run(
            "systemd-run --quiet --unit=listener /opt/ishara/bin/python /srv/programs/listener.py /run/heard.jsonl"
        )
        wait_until(lambda: device.path(_HEARD).exists(), "the listener")

    def start(self) -> None:
        """Start it with nothing remembered."""
        self._device.run("systemd-run --quiet --collect --unit=broker mosquitto -c /etc/ishara-broker.conf")

    def kill(self) -> None:
        """Kill it as it stands."""
        self._device.run("systemctl kill --signal=KILL broker; systemctl reset-failed broker || true")

    def heard(self) -> list[Heard]:
        """Everything that was heard so far."""
        lines = self._device.path(_HEARD).read_text(encoding="utf-8").splitlines(keepends=True)
        return [Heard(**json.loads(line)) for line in lines if line.endswith("\n")]

    def words(self, device_name: str) -> list[dict[str, Any]]:
        """The words that were heard of a device."""
        return [json.loads(heard.payload) for heard in self.heard() if heard.topic == f"ishara/{device_name}/word"]

    def last(self, topic: str) -> str:
        """What was heard last on a topic; nothing if nothing was."""
        return ([heard.payload for heard in self.heard() if heard.topic == topic] or [""])[-1]
