"""Publishes words, health, model and status over MQTT, and lets the device be found and told what to do there.

Topics under `ishara/<device>/`: `word` (QoS 1, not retained), `health`, `model` and `status` (retained; `status` is
also the last will), `command` and `response`. While the broker is away words wait in the outbox.
"""

from collections.abc import Callable

from edge.commands import Commands
from edge.config import MqttConfig
from edge.monitoring.health import Health
from edge.monitoring.status import DeviceStatus
from edge.recognition.word import Word
from edge.sinks.mqtt.connection import BrokerSettings
from edge.sinks.mqtt.discovery import Discovery
from edge.sinks.mqtt.outbox import Outbox
from edge.sinks.mqtt.publisher import Publisher
from edge.sinks.mqtt.publisher_state import PublisherState
from edge.sinks.mqtt.topics import Topics


class MqttSink:
    """One device's topics on one broker."""

    def __init__(
        self,
        config: MqttConfig,
        outbox: Outbox,
        *,
        device: str,
        model: str,
        health: Callable[[], Health],
        health_every_s: float,
        status: DeviceStatus,
        commands: Commands,
    ) -> None:
        """Start connecting; a broker that is away is tried again for ever. `model` is the JSON for `model`.

        `health` is asked every few seconds, and whenever a part is lost or back.

        The outbox is closed with the sink. Raises ConfigInvalid when a file that the configuration names is no use.
        """
        access = BrokerSettings.read(config)
        topics = Topics(device)
        discovery = Discovery(config.discovery_prefix, topics) if config.discovery else None
        self._outbox = outbox
        errands = PublisherState(topics, outbox, commands, status, model, health, discovery, health_every_s)
        self._courier = Publisher(access, errands)
        status.subscribe(self._courier.tell_health)  # whoever watches the device must not wait for the next time

    def emit(self, word: Word) -> None:
        """Put the word in the outbox, where a kill of the daemon does not reach it, and have it published."""
        self._outbox.put(word)
        self._courier.wake()

    def publish_model(self, model: str) -> None:
        """Another model reads the signs from now on; this is the JSON for `model`."""
        self._courier.tell_model(model)

    def close(self) -> None:
        """Publish `offline` behind the words that wait, within a moment, and disconnect."""
        if self._courier.close():
            self._outbox.close()
