"""The MQTT sink: publishes words, utterances, health, model and status, announces the device and executes commands.

Topics under `ishara/<device>/`: `word` and `utterance` (QoS 1, not retained), `health`, `model`, `doctor` and `status`
(retained; `status` is also the last will), `command` and `response`. While the broker is lost, words and utterances
wait in the outbox.
"""

from edge.commands import Commands
from edge.config import MqttConfig
from edge.monitoring.status import DeviceStatus
from edge.recognition.word import Word
from edge.sinks.mqtt.announcements import Announcements
from edge.sinks.mqtt.broker_settings import BrokerSettings
from edge.sinks.mqtt.discovery import Discovery
from edge.sinks.mqtt.outbox import Outbox
from edge.sinks.mqtt.publisher import Publisher
from edge.sinks.mqtt.publisher_state import PeriodicHealth, PublisherState
from edge.sinks.mqtt.topics import Topics
from edge.utterances.utterance import Event, Line, Utterance


class MqttSink:
    """Publishes one device's topics on one broker."""

    def __init__(
        self,
        config: MqttConfig,
        outbox: Outbox,
        *,
        device: str,
        model: str,
        health: PeriodicHealth,
        status: DeviceStatus,
        commands: Commands,
    ) -> None:
        """Start connecting; a lost broker is retried for ever. `model` is the JSON published on the topic `model`.

        Raises ConfigInvalid if a file that the configuration names is unusable.
        """
        settings = BrokerSettings.read(config)
        topics = Topics(device)
        discovery = Discovery(config.discovery_prefix, topics) if config.discovery else None
        self._outbox = outbox
        self._words: dict[int, Word] = {}  # of the utterance in progress, by their first numbers
        retained = topics.retained if discovery is None else (discovery.topic, *topics.retained)
        self._announcements = Announcements(outbox.path.parent, device, retained)
        state = PublisherState(topics, outbox, commands, status, model, health, discovery, self._announcements)
        self._publisher = Publisher(settings, state)
        status.subscribe(self._publisher.publish_health)  # a change of the status is published at once

    def emit(self, event: Event) -> None:
        """Put a word or utterance in the outbox, where it survives a kill of the daemon, and have it published."""
        if isinstance(event, Line):
            self._outbox.keep_draft(self._draft(event))
            return
        if isinstance(event, Word):
            self._words[event.seq if event.corrects is None else event.corrects] = event
        elif event.corrects is None:
            self._words.clear()
        self._outbox.put(event)
        self._publisher.notify()

    def publish_model(self, model: str) -> None:
        """Publish the JSON of a model that has become active."""
        self._publisher.publish_model(model)

    def publish_findings(self, findings: str) -> None:
        """Publish the JSON of a health check that has ended."""
        self._publisher.publish_findings(findings)

    def close(self) -> None:
        """Publish what waits, within a moment, then `offline`, and disconnect."""
        self._publisher.close()
        self._announcements.close()

    def _draft(self, line: Line) -> Utterance | None:
        """Return the utterance that the line would be if it ended now."""
        words = [self._words[seq] for seq in line.words if seq in self._words]
        if not words:
            return None
        first, last = words[0], words[-1]
        return Utterance(
            seq=0,
            text=line.text,
            words=line.words,
            started_at=first.started_at,
            ended_at=last.ended_at,
            model=last.model,
            device=last.device,
        )
