"""A real Mosquitto on the device, without persistence, and the messages that a listener receives from it."""

import json
from dataclasses import dataclass
from typing import Any, Final

from tests.device.device import Device, wait_until

_MESSAGES: Final = "run/messages.jsonl"
_CONFIG: Final = "listener 1883 127.0.0.1\nallow_anonymous true\npersistence false\n"
# A unit with a file, since systemd may keep a transient one that was killed, and then starts no other of its name.
_UNIT: Final = "[Service]\nExecStart=/usr/sbin/mosquitto -c /etc/ishara-broker.conf\n"


@dataclass(frozen=True, slots=True)
class ReceivedMessage:
    """One message as the listener received it."""

    topic: str
    payload: str
    retained: bool


class Broker:
    """Mosquitto and a listener that subscribes to every topic, each a unit of its own."""

    def __init__(self, device: Device) -> None:
        self._device = device
        device.write("etc/ishara-broker.conf", _CONFIG)
        device.write("etc/systemd/system/broker.service", _UNIT)
        device.run("systemctl daemon-reload")
        self.start()
        device.run(f"systemd-run --quiet --unit=listener /opt/ishara/bin/python /srv/programs/listener.py /{_MESSAGES}")
        wait_until(lambda: device.path(_MESSAGES).exists(), "the listener")

    def start(self) -> None:
        """Start Mosquitto without any retained message."""
        self._device.run("systemctl start broker")

    def kill(self) -> None:
        """Kill Mosquitto."""
        self._device.run("systemctl kill --signal=KILL broker; systemctl reset-failed broker || true")

    def messages(self) -> list[ReceivedMessage]:
        """Return all messages received so far."""
        lines = self._device.path(_MESSAGES).read_text(encoding="utf-8").splitlines(keepends=True)
        return [ReceivedMessage(**json.loads(line)) for line in lines if line.endswith("\n")]

    def words(self, device_name: str) -> list[dict[str, Any]]:
        """Return the words received from a device."""
        return [event for event in self.events(device_name) if event["event_type"] == "word"]

    def events(self, device_name: str) -> list[dict[str, Any]]:
        """Return the words and utterances received from a device."""
        topics = {f"ishara/{device_name}/word", f"ishara/{device_name}/utterance"}
        return [json.loads(message.payload) for message in self.messages() if message.topic in topics]

    def last(self, topic: str) -> str:
        """Return the last payload of a topic; empty if there was none."""
        return ([message.payload for message in self.messages() if message.topic == topic] or [""])[-1]
