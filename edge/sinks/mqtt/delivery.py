"""The delivery of words and utterances from the outbox to the broker: at least once, in order, each with its number.

An event leaves the outbox only when the broker has acknowledged it (PUBACK). If the connection breaks before that, it
is published again; should it have arrived, its subscribers recognise the repetition by its `seq`.

A broker accepts words although nobody listens, and subscribers whose session it does not keep receive nothing of what
was published before they are back. Events are therefore held in two cases:

- After each reconnection for some seconds. Most clients need longer than this device to notice that their broker is
  back: Home Assistant tries every ten seconds. A subscriber with a kept session would hide the others' absence, so this
  does not depend on what the broker reports.
- While the broker reports that nobody subscribes, as MQTT 5 can ("no matching subscribers"), but not for long: then
  nobody is interested. A subscriber of words alone hardly waits for an utterance that nobody hears.

Events that have waited are published at a pace that subscribers keep up with. What a broker has accepted waits in its
memory for a slow subscriber: it is lost if the broker is killed, or if more waits than the broker allows (Mosquitto: a
thousand messages).
"""

import logging
import time
from typing import Final

from edge.monitoring.status import Component
from edge.recognition.word import Word
from edge.sinks.mqtt.connection import Connection, PacketTooLarge
from edge.sinks.mqtt.event_loop import ConnectionLost, EventLoop
from edge.sinks.mqtt.events import PubAck
from edge.sinks.mqtt.publisher_state import PublisherState
from edge.utterances.utterance import NumberedEvent, Utterance

log = logging.getLogger(__name__)

_PUBACK_TIMEOUT_S: Final = 120.0  # no running broker takes longer
_SUBSCRIBERS_TIMEOUT_S: Final = 120.0  # Home Assistant needs up to a minute or two to start
_UNHEARD_TIMEOUT_S: Final = 5.0  # Home Assistant subscribes to its topics one after another, within a second or two
_NO_SUBSCRIBERS_RETRY_S: Final = 1.0
_REFUSED_RETRY_S: Final = 10.0
_LATE_EVENT_S: Final = 0.02  # from one late event to the next
_NOT_AUTHORIZED: Final = "Not authorized"  # the reason of MQTT 5, as paho writes it


class EventDelivery:
    """Publishes the events of the outbox, one after another, on one connection."""

    def __init__(self, connection: Connection, loop: EventLoop, state: PublisherState) -> None:
        self._connection = connection
        self._loop = loop
        self._state = state
        self._outbox = state.outbox
        self._late_through = 0  # events up to this number have waited for the broker
        self._without_subscribers_since: dict[str, float] = {}
        self._refusal: str | None = None

    def mark_late(self) -> None:
        """Mark the events that are in the outbox as late."""
        self._late_through = self._outbox.last_put

    def hold(self, duration_s: float) -> bool:
        """Give the subscribers of a broker that is back time to return. Raises ConnectionLost, ShutdownDeadline.

        Returns False if the publisher shuts down meanwhile and the next daemon can publish the events.
        """
        until = time.monotonic() + duration_s
        while time.monotonic() < until:
            if self._is_ending:
                return not self._outbox.is_durable
            self._loop.next(until)
        if duration_s:
            self.mark_late()
        return True

    def deliver(self) -> None:
        """Publish events until the publisher shuts down. Raises ConnectionLost, ShutdownDeadline."""
        while True:
            event = self._outbox.oldest()
            is_done = event is None or self._publish(event)
            if self._is_ending and (event is None or not is_done):
                return
            if event is None:
                self._loop.next(None)
            elif event.seq <= self._late_through:
                self._loop.run_for(_LATE_EVENT_S)

    @property
    def _is_ending(self) -> bool:
        return self._state.shutdown_deadline is not None

    def _publish(self, event: NumberedEvent) -> bool:
        """Publish an event; return True if it has left the outbox, False if it is to be published again later."""
        # Without the sync a power cut could undo the event, and its number would be used again for another one.
        self._outbox.sync()
        topic = self._state.topics.word if isinstance(event, Word) else self._state.topics.utterance
        packet_id = self._send(topic, event.model_copy(update={"late": event.seq <= self._late_through}))
        if packet_id is None:
            self._outbox.drop(event.seq)
            return True
        puback = self._loop.wait_for(
            lambda ack: isinstance(ack, PubAck) and ack.packet_id == packet_id, _PUBACK_TIMEOUT_S
        )
        if not isinstance(puback, PubAck):
            raise ConnectionLost("it does not acknowledge a message")
        if isinstance(event, Utterance) and puback.refusal == _NOT_AUTHORIZED and self._refusal is None:
            # Words alone were allowed before there were utterances, and must not wait for them.
            self._state.report_limit(
                "utterance topic", f"utterances are dropped, since the broker does not allow the topic {topic}"
            )
            self._outbox.drop(event.seq)
            return True
        self._report_refusal(puback.refusal)
        if puback.refusal is not None:
            return self._postpone(_REFUSED_RETRY_S)
        if puback.no_subscribers and self._awaits_subscribers(topic):
            return self._postpone(_NO_SUBSCRIBERS_RETRY_S)
        if not puback.no_subscribers:
            self._without_subscribers_since.pop(topic, None)
            self._state.heard_topics.add(topic)
        self._outbox.remove(event.seq)
        return True

    def _send(self, topic: str, event: NumberedEvent) -> int | None:
        """Send an event and return the packet id; to a broker that takes small packets alone, without its longest list.

        Returns None, and reports it, if the broker takes no packet of this size.
        """
        longest = "alternatives" if isinstance(event, Word) else "words"
        for sent in (event, event.model_copy(update={longest: ()})):
            try:
                return self._connection.publish(topic, sent.to_json(), qos=1)
            except PacketTooLarge as error:
                reason = error
        self._state.report_limit(event.event_type, f"{event.event_type}s are dropped, since {reason}")
        return None

    def _awaits_subscribers(self, topic: str) -> bool:
        """Return True while the subscribers of a topic have not been away for long.

        Where somebody hears words, and nobody has ever heard utterances, words do not wait long for an utterance.
        """
        now, heard = time.monotonic(), self._state.heard_topics
        since = self._without_subscribers_since.setdefault(topic, now)
        timeout_s = _SUBSCRIBERS_TIMEOUT_S if topic in heard or not heard else _UNHEARD_TIMEOUT_S
        return now - since < timeout_s

    def _report_refusal(self, refusal: str | None) -> None:
        """Report a change: the broker accepts the device but refuses its words, or accepts them again."""
        if refusal == self._refusal:
            return
        self._refusal = refusal
        fault = None if refusal is None else f"the broker refuses the words of this device: {refusal}"
        log.warning("%s", fault or "the broker accepts words again")
        self._state.status.report(Component.BROKER, fault)

    def _postpone(self, delay_s: float) -> bool:
        """Wait before the event is published again; it and those behind it are late."""
        self.mark_late()
        if not self._is_ending:
            self._loop.wait_for(lambda _: self._is_ending, delay_s)
        return False
