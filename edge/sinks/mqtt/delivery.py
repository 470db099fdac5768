"""The delivery of words from the outbox to the broker: at least once, in order, each with its own number.

A word leaves the outbox only when the broker has acknowledged it (PUBACK). If the connection breaks before that, the
word is published again; should it have arrived, its subscribers recognise the repetition by its `seq`.

A broker accepts words although nobody listens, and subscribers whose session it does not keep receive nothing of what
was published before they are back. Words are therefore held in two cases:

- After each reconnection for some seconds. Most clients need longer than this device to notice that their broker is
  back: Home Assistant tries every ten seconds. A subscriber with a kept session would hide the others' absence, so this
  does not depend on what the broker reports.
- While the broker reports that nobody subscribes, as MQTT 5 can ("no matching subscribers"), but not for long: then
  nobody is interested.

Words that have waited are published at a pace that subscribers keep up with. What a broker has accepted waits in its
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

log = logging.getLogger(__name__)

_PUBACK_TIMEOUT_S: Final = 120.0  # no running broker takes longer
_SUBSCRIBERS_TIMEOUT_S: Final = 120.0  # Home Assistant needs up to a minute or two to start
_NO_SUBSCRIBERS_RETRY_S: Final = 1.0
_REFUSED_RETRY_S: Final = 10.0
_LATE_WORD_S: Final = 0.02  # from one late word to the next


class WordDelivery:
    """Publishes the words of the outbox, one after another, on one connection."""

    def __init__(self, connection: Connection, loop: EventLoop, state: PublisherState) -> None:
        self._connection = connection
        self._loop = loop
        self._state = state
        self._topic, self._outbox = state.topics.word, state.outbox
        self._late_through = 0  # words up to this number have waited for the broker
        self._without_subscribers_since: float | None = None
        self._refusal: str | None = None

    def mark_late(self) -> None:
        """Mark the words that are in the outbox as late."""
        self._late_through = self._outbox.last_put

    def hold(self, duration_s: float) -> bool:
        """Give the subscribers of a broker that is back time to return. Raises ConnectionLost, ShutdownDeadline.

        Returns False if the publisher shuts down meanwhile and the next daemon can publish the words.
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
        """Publish words until the publisher shuts down. Raises ConnectionLost, ShutdownDeadline."""
        while True:
            word = self._outbox.oldest()
            is_done = word is None or self._publish(word)
            if self._is_ending and (word is None or not is_done):
                return
            if word is None:
                self._loop.next(None)
            elif word.seq <= self._late_through:
                self._loop.run_for(_LATE_WORD_S)

    @property
    def _is_ending(self) -> bool:
        return self._state.shutdown_deadline is not None

    def _publish(self, word: Word) -> bool:
        """Publish a word; return True if it has left the outbox, False if it is to be published again later."""
        # Without the sync a power cut could undo the word, and its number would be used again for another one.
        self._outbox.sync()
        word = word.model_copy(update={"late": word.seq <= self._late_through})
        packet_id = self._send(word)
        if packet_id is None:
            self._outbox.drop(word.seq)
            return True
        puback = self._loop.wait_for(
            lambda event: isinstance(event, PubAck) and event.packet_id == packet_id, _PUBACK_TIMEOUT_S
        )
        if not isinstance(puback, PubAck):
            raise ConnectionLost("it does not acknowledge a word")
        self._report_refusal(puback.refusal)
        if puback.refusal is not None:
            return self._postpone(_REFUSED_RETRY_S)
        if puback.no_subscribers and self._awaits_subscribers():
            return self._postpone(_NO_SUBSCRIBERS_RETRY_S)
        if not puback.no_subscribers:
            self._without_subscribers_since = None
        self._outbox.remove(word.seq)
        return True

    def _send(self, word: Word) -> int | None:
        """Send a word, without its alternatives if the broker takes small packets alone, and return the packet id.

        Returns None, and reports it, if the broker takes no packet of this size.
        """
        try:
            return self._connection.publish(self._topic, word.to_json(), qos=1)
        except PacketTooLarge:
            pass
        try:
            return self._connection.publish(self._topic, word.model_copy(update={"alternatives": ()}).to_json(), qos=1)
        except PacketTooLarge as error:
            self._state.report_limit("word", f"words are dropped, since {error}")
            return None

    def _awaits_subscribers(self) -> bool:
        """Return True while the subscribers have not been away for long."""
        now = time.monotonic()
        if self._without_subscribers_since is None:
            self._without_subscribers_since = now
        return now - self._without_subscribers_since < _SUBSCRIBERS_TIMEOUT_S

    def _report_refusal(self, refusal: str | None) -> None:
        """Report a change: the broker accepts the device but refuses its words, or accepts them again."""
        if refusal == self._refusal:
            return
        self._refusal = refusal
        fault = None if refusal is None else f"the broker refuses the words of this device: {refusal}"
        log.warning("%s", fault or "the broker accepts words again")
        self._state.status.report(Component.BROKER, fault)

    def _postpone(self, delay_s: float) -> bool:
        """Wait before the word is published again; it and those behind it are late."""
        self.mark_late()
        if not self._is_ending:
            self._loop.wait_for(lambda _: self._is_ending, delay_s)
        return False
