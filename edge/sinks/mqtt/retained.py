"""The retained messages of the device: discovery, model, findings of the last health check, health and status."""

import random
import time
from typing import Final

from edge.monitoring.health import Health
from edge.sinks.mqtt.connection import Connection, PacketTooLarge
from edge.sinks.mqtt.discovery import Features
from edge.sinks.mqtt.discovery.words import trigger_key
from edge.sinks.mqtt.events import PubAck
from edge.sinks.mqtt.page_url import page_url
from edge.sinks.mqtt.publisher_state import PublisherState

_REBIRTH_DELAY_S: Final = (1.0, 5.0)
_HEALTH_INTERVAL_S: Final = 1.0  # at least, however often the status changes
_MEASURED_WITHIN_S: Final = 10.0  # since the start, where the temperature is measured


class RetainedPublisher:
    """Publishes the retained messages on one connection: all at the start, and each when it changes or is due."""

    def __init__(self, connection: Connection, state: PublisherState) -> None:
        self._connection = connection
        self._state = state
        self._rebirth_at: float | None = None
        self._clearing: set[int] = set()  # packet ids
        self._discovery = ""
        self._former_triggers = frozenset(state.announcements.triggers)
        self._health_allowed_at = 0.0
        self.are_kept = True
        """False if the broker keeps no message for later subscribers: status and model come with each health then."""

    def publish_birth(self) -> None:
        """Subscribe to commands, and publish everything about the device, `online` last: then it hears a command."""
        state, topics = self._state, self._state.topics
        health = self._read_health()
        # QoS 0: a command to a device that is disconnected must not run hours later.
        self._connection.subscribe(topics.command)
        if state.discovery is not None:
            self._connection.subscribe(state.discovery.birth_topic)
        self._clear_stale()
        self._discovery = ""
        self._publish_discovery(health)
        self._publish_model()
        if state.findings:
            self._publish_findings()
        self._publish_health(health, qos=1)
        self._publish("status", topics.status, "online", qos=1)

    def publish_offline(self, *, qos: int) -> int:
        """Publish `offline`, and return the packet id."""
        return self._connection.publish(self._state.topics.status, "offline", qos=qos, retain=True)

    def schedule_rebirth(self) -> None:
        """Publish everything again soon, since Home Assistant has started.

        The delay is random: otherwise all its devices would publish at the same moment.
        """
        self._rebirth_at = time.monotonic() + random.uniform(*_REBIRTH_DELAY_S)  # noqa: S311

    def next_due(self) -> float:
        """Return the time on the monotonic clock at which something is due next."""
        health_due_at = self._next_health()
        return health_due_at if self._rebirth_at is None else min(health_due_at, self._rebirth_at)

    def publish_due(self) -> None:
        """Publish what has changed or is due."""
        if self._state.model_changed:
            # First, since Home Assistant refuses a model that it cannot choose.
            self._publish_discovery(self._state.health.read())
            self._publish_model()
        if self._state.findings_changed:
            self._publish_findings()
        self._publish_snapshot()
        if time.monotonic() >= self._next_health():
            health = self._read_health()
            is_announced_anew = self._publish_discovery(health)
            self._publish_health(health, qos=0)
            if is_announced_anew or not self.are_kept:
                self._publish_model()  # which may be among what can be chosen only now
            if not self.are_kept:
                self._publish("status", self._state.topics.status, "online", qos=1)
        if self._rebirth_at is not None and time.monotonic() >= self._rebirth_at:
            self._rebirth_at = None
            self.publish_birth()

    def handle_puback(self, puback: PubAck) -> None:
        """Forget the topics that the device no longer uses once the broker has cleared them."""
        if puback.packet_id in self._clearing and puback.refusal is None:
            self._clearing.remove(puback.packet_id)
            if not self._clearing:
                self._state.announcements.forget_stale()

    def _clear_stale(self) -> None:
        """Clear what the broker keeps under topics that the device no longer uses."""
        stale = self._state.announcements.find_stale()
        self._clearing |= {self._connection.publish(topic, "", qos=1, retain=True) for topic in stale}

    def _publish_discovery(self, health: Health) -> bool:
        """Publish the discovery message if it is another than the last one of this connection; return True then."""
        discovery, state = self._state.discovery, self._state
        if discovery is None:
            return False
        message = discovery.to_json(self._read_features(health))
        if message == self._discovery:
            return False
        self._discovery = message
        self._publish("discovery", discovery.topic, message, qos=1)
        state.announcements.remember_triggers([trigger_key(word) for word in state.offers.words])
        return True

    def _read_features(self, health: Health) -> Features:
        """Return what the device has now. A sensor that has measured nothing for a while is not there."""
        state, offers = self._state, self._state.offers
        is_measured = None if health.up_s <= _MEASURED_WITHIN_S else False
        state.has_temperature = state.has_temperature or health.temperature_c is not None or is_measured
        state.has_throttling = state.has_throttling or health.throttled is not None or is_measured
        triggers = {trigger_key(word) for word in offers.words}
        self._former_triggers |= {*state.announcements.triggers}
        return Features(
            commands=state.commands.available,
            components=frozenset(health.components),
            has_temperature=state.has_temperature,
            has_throttling=state.has_throttling,
            words=offers.words,
            former_triggers=self._former_triggers - triggers,
            models=offers.models(),
            vocabularies=offers.vocabularies,
            page_url=page_url(offers.page, self._connection.local_address),
        )

    def _publish_snapshot(self) -> None:
        """Publish a picture that was asked for; the broker keeps none."""
        content = None if self._state.snapshots is None else self._state.snapshots.fetch()
        if content is None:
            return
        try:
            self._connection.publish(self._state.topics.snapshot, content, qos=1)
        except PacketTooLarge as error:
            self._state.report_limit("snapshot", f"a snapshot is not published, since {error}")

    def _publish_model(self) -> None:
        self._state.model_changed = False  # before publishing: another thread may change it again meanwhile
        self._publish("model", self._state.topics.model, self._state.model, qos=1)

    def _publish_findings(self) -> None:
        self._state.findings_changed = False
        self._publish("doctor", self._state.topics.doctor, self._state.findings, qos=1)

    def _next_health(self) -> float:
        return max(self._state.health_due_at, self._health_allowed_at)

    def _read_health(self) -> Health:
        """Read the health, and set when it is due again: first, since another thread may want it again meanwhile."""
        now = time.monotonic()
        self._state.health_due_at, self._health_allowed_at = now + self._state.health.every_s, now + _HEALTH_INTERVAL_S
        return self._state.health.read()

    def _publish_health(self, health: Health, *, qos: int) -> None:
        self._publish("health", self._state.topics.health, health.to_json(), qos=qos)

    def _publish(self, what: str, topic: str, payload: str, *, qos: int) -> None:
        """Publish a retained message, or leave it out if the broker takes no packet of its size."""
        try:
            self._connection.publish(topic, payload, qos=qos, retain=True)
        except PacketTooLarge as error:
            self._state.report_limit(what, f"{what} is not published, since {error}")
