"""The MQTT sink: publishes words, utterances, health, model and status, announces the device and executes commands.

Topics under `ishara/<device>/`: `word` and `utterance` (QoS 1, not retained), `health`, `model`, `doctor` and `status`
(retained; `status` is also the last will), `command`, `response` and `snapshot`. While the broker is lost, words and
utterances wait in the outbox.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from edge.commands import Commands
from edge.config import MqttConfig
from edge.monitoring.status import DeviceStatus
from edge.recognition.word import Word
from edge.requests import Command
from edge.sinks.mqtt.announcements import Announcements
from edge.sinks.mqtt.broker_settings import BrokerSettings
from edge.sinks.mqtt.discovery import Discovery, Offers
from edge.sinks.mqtt.outbox import Outbox
from edge.sinks.mqtt.publisher import Publisher
from edge.sinks.mqtt.publisher_state import PeriodicHealth, PublisherState
from edge.sinks.mqtt.topics import Topics
from edge.utterances.utterance import Event, Line, Utterance

if TYPE_CHECKING:
    from edge.sinks.mqtt.snapshot import Snapshots


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
        offers: Offers = Offers(),  # noqa: B008  # frozen
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
        state = PublisherState(topics, outbox, commands, status, model, health, discovery, self._announcements, offers)
        self.snapshots = _open_snapshots(config, status, commands, self._wake)
        """Takes pictures where the configuration allows it; it is to receive every frame."""
        state.snapshots = self.snapshots
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

    def publish_model(self, model: str, offers: Offers = Offers()) -> None:  # noqa: B008  # frozen
        """Publish the JSON of a model that has become active, and what there is with it."""
        self._publisher.publish_model(model, offers)

    def publish_findings(self, findings: str) -> None:
        """Publish the JSON of a health check that has ended."""
        self._publisher.publish_findings(findings)

    def close(self) -> None:
        """Publish what waits, within a moment, then `offline`, and disconnect."""
        self._publisher.close()
        self._announcements.close()

    def _wake(self) -> None:
        self._publisher.notify()

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


def _open_snapshots(
    config: MqttConfig, status: DeviceStatus, commands: Commands, wake: Callable[[], None]
) -> "Snapshots | None":
    """Return what takes pictures on request, if the configuration allows any."""
    if config.snapshot == "off":
        return None
    from edge.sinks.mqtt.snapshot import Snapshots  # loads Pillow

    snapshots = Snapshots(status, wake, with_image=config.snapshot == "picture")
    commands.register(Command.SNAPSHOT, snapshots.ask)
    return snapshots
