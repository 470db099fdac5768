"""Publishes words, health, model and status over MQTT, and lets the device be found and told what to do there.

Topics under `ishara/<device>/`: `word` (QoS 1, not retained), `health`, `model` and `status` (retained; `status` is
also the last will), `command` and `response`. While the broker is away words wait in the outbox.
"""

from collections.abc import Callable

from edge.commands import Commands
from edge.config import MqttConfig
from edge.health import Health
from edge.sinks.mqtt.connection import Access
from edge.sinks.mqtt.courier import Courier
from edge.sinks.mqtt.discovery import Discovery
from edge.sinks.mqtt.errands import Errands
from edge.sinks.mqtt.outbox import Outbox
from edge.sinks.mqtt.topics import Topics
from edge.standing import Standing
from edge.word import Word


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
        standing: Standing,
        commands: Commands,
    ) -> None:
        """Start connecting; a broker that is away is tried again for ever. `model` is the JSON for `model`.

        The outbox is closed with the sink. Raises ConfigInvalid when a file that the configuration names is no use.
        """
        access = Access.read(config)
        topics = Topics(device)
        discovery = Discovery(config.discovery_prefix, topics) if config.discovery else None
        self._outbox = outbox
        self._health = health
        self._courier = Courier(access, Errands(topics, outbox, commands, standing, model, health, discovery))
        standing.watch(self._tell_standing)

    def emit(self, word: Word) -> None:
        """Put the word in the outbox, where a kill of the daemon does not reach it, and have it published."""
        self._outbox.put(word)
        self._courier.wake()

    def report(self, health: Health) -> None:
        """Publish the health, as soon as the broker is there; a newer one replaces it until then."""
        self._courier.report(health)

    def close(self) -> None:
        """Publish `offline` behind the words that wait, within a moment, and disconnect."""
        if self._courier.close():
            self._outbox.close()

    def _tell_standing(self) -> None:
        """Whoever watches the device must not wait for the next regular report."""
        self._courier.report(self._health())
