"""`ishara-edge mqtt forget`: clears what a broker keeps of a device, so that Home Assistant forgets it."""

import argparse
from contextlib import closing
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Final

from edge.config import EdgeConfig, MqttConfig
from edge.sinks.mqtt.announcements import Announcements
from edge.sinks.mqtt.broker_settings import Attempt, BrokerSettings
from edge.sinks.mqtt.connection import Connection, failure_reason
from edge.sinks.mqtt.discovery import Discovery
from edge.sinks.mqtt.events import ConnAck, Disconnected, Event, PubAck
from edge.sinks.mqtt.topics import Topics
from landmarkers.errors import UserError
from models.owner import become_owner

_TIMEOUT_S: Final = 10.0


class NotForgotten(UserError):
    """The broker keeps what it has of the device; the message says why."""


def forget(config: EdgeConfig, options: argparse.Namespace, state: Path) -> int:
    """Clear the retained messages of the device on its broker, or on the one that the options name; print the result.

    `state` is the state folder, in which the outbox is unless the configuration names another. Raises NotForgotten, and
    ConfigInvalid for files of the configuration that cannot be read.
    """
    if config.mqtt is None:
        raise NotForgotten("the configuration has no section [mqtt], so there is no broker that could know this device")
    device = options.device or config.device
    own = config.mqtt if options.broker is None else _with_broker(config.mqtt, options.broker)
    settings = BrokerSettings.read(own)  # before root becomes the owner of the folder: its files may be root's alone
    outbox = config.mqtt.outbox
    folder = become_owner(state if outbox is None else outbox.parent)
    with closing(_Remembered(folder, device)) as remembered:
        topics = Topics(device)
        current = (Discovery(own.discovery_prefix, topics).topic, *topics.retained)
        cleared = tuple(dict.fromkeys([*current, *remembered.topics]))
        _clear(settings, cleared)
        if options.broker is None:
            remembered.forget()
    print(f"{settings.broker} keeps nothing of {device} any more; these topics are empty now:")
    print(*(f"  {topic}" for topic in cleared), sep="\n")
    return 0


class _Remembered:
    """The content of the folder of the outbox about the topics of a device, and of earlier names that nobody uses."""

    def __init__(self, folder: Path, device: str) -> None:
        """Take the name. Raises NotForgotten while a daemon has it, since that would announce itself again."""
        is_there = (folder / f"announced-{device}").exists()
        self._announcements = Announcements(folder, device, ()) if is_there else None
        if self._announcements is not None and self._announcements.is_used_elsewhere:
            self._announcements.close()
            raise NotForgotten(f"the daemon of {device} is running and would announce itself again; stop it first")
        self.topics = [] if self._announcements is None else self._announcements.find_stale()

    def forget(self) -> None:
        """Forget everything that was cleared."""
        if self._announcements is not None:
            self._announcements.forget_stale()
            self._announcements.remove()

    def close(self) -> None:
        """Release the name."""
        if self._announcements is not None:
            self._announcements.close()


def _with_broker(config: MqttConfig, broker: str) -> MqttConfig:
    """Return the settings with another address, `HOST` or `HOST:PORT`. Raises NotForgotten."""
    host, colon, port = broker.rpartition(":") if broker.count(":") == 1 else (broker, "", "")
    try:
        address = {"host": host, "port": int(port) if colon else config.port}
        return MqttConfig.model_validate({**config.model_dump(), **address})
    except ValueError as error:
        raise NotForgotten(f"--broker {broker} is no address of a broker; write HOST or HOST:PORT") from error


def _clear(settings: BrokerSettings, topics: tuple[str, ...]) -> None:
    """Publish an empty retained message on each topic. Raises NotForgotten."""
    for attempt in settings.attempts:
        try:
            if _clear_by(settings, attempt, topics):
                return
        except OSError as error:
            raise NotForgotten(f"{settings.broker} cannot be reached: {failure_reason(error)}") from error
    raise NotForgotten(f"{settings.broker} does not answer as an MQTT broker does; check whether it needs TLS")


def _clear_by(settings: BrokerSettings, attempt: Attempt, topics: tuple[str, ...]) -> bool:
    """Return False if the broker does not know this way to connect. Raises OSError, NotForgotten."""
    events: SimpleQueue[Event] = SimpleQueue()
    with closing(Connection(settings, events.put, attempt=attempt)) as connection:
        answer = _next(events, settings)
        if not isinstance(answer, ConnAck) or answer.unsupported_protocol:
            return False
        if answer.refusal is not None:
            raise NotForgotten(f"{settings.broker} refuses this device: {answer.refusal}")
        waiting = {connection.publish(topic, "", qos=1, retain=True): topic for topic in topics}
        while waiting:
            event = _next(events, settings)
            if isinstance(event, Disconnected):
                raise NotForgotten(f"{settings.broker} ended the connection before everything was cleared; try again")
            if isinstance(event, PubAck) and event.packet_id in waiting:
                topic = waiting.pop(event.packet_id)
                if event.refusal is not None:
                    raise NotForgotten(f"{settings.broker} does not let this device clear {topic}: {event.refusal}")
    return True


def _next(events: "SimpleQueue[Event]", settings: BrokerSettings) -> Event:
    """Return what the broker says next. Raises NotForgotten."""
    try:
        return events.get(timeout=_TIMEOUT_S)
    except Empty as error:
        raise NotForgotten(f"{settings.broker} has not answered for {_TIMEOUT_S:.0f} s; try again") from error
