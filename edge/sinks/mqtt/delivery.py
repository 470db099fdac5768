"""The delivery of words from the outbox to the broker: none is lost, and none arrives twice.

A word leaves the outbox only when the broker has acknowledged it (PUBACK), and the next is published only then, so at
most one word is ever in doubt: published, but not acknowledged when the connection broke or the daemon was killed. MQTT
alone would send it again, and a subscriber would receive it twice if it had arrived. So the device subscribes to its
own words (the loopback), in a session that the broker keeps: whatever the broker took, it sends back, if necessary to
the next daemon. A loopback message is acknowledged only once the word has left the outbox. A word in doubt whose
loopback message waits at the broker has therefore arrived, and one without has not.

A broker that was killed and kept no sessions has lost the loopback, and its subscribers too. Words are then held back
until somebody subscribes again, as the PUBACKs of MQTT 5 show ("no matching subscribers"), but not for long. The
loopback subscription would hide that, so it is made again only after a word has found a subscriber. A broker of MQTT
3.1.1 does not report this; there the subscribers get a few seconds.

What remains, since only the broker could know better and has forgotten, is a word that is published again though it
arrived: when the broker was killed between forwarding and acknowledging it, which are two consecutive writes; and when
the daemon was killed between a word's arrival and its acknowledgement, a millisecond, and then either the broker was
killed too before the next daemon connected or this was the first word after such a broker's return. Subscribers
recognise a repeated word by its `seq`, which is never used for another word.
"""

import json
import logging
import time
from typing import Final

from edge.monitoring.status import Component
from edge.recognition.word import Word
from edge.sinks.mqtt.connection import Connection
from edge.sinks.mqtt.event_loop import ConnectionLost, EventLoop
from edge.sinks.mqtt.events import Message, PubAck, SubAck
from edge.sinks.mqtt.outbox import Loopback
from edge.sinks.mqtt.publisher_state import PublisherState

log = logging.getLogger(__name__)

_SUBACK_TIMEOUT_S: Final = 10.0
_LOOPBACK_S: Final = 0.3  # after the SubAck; a waiting loopback message has come by then
_SUBSCRIBERS_TIMEOUT_S: Final = 30.0  # for subscribers to return to a broker without sessions; Home Assistant takes 10
_NO_SUBSCRIBERS_RETRY_S: Final = 1.0
_SUBSCRIBERS_DELAY_S: Final = 5.0  # the same, for a broker that does not report missing subscribers
_PUBACK_TIMEOUT_S: Final = 120.0  # no running broker takes longer
_REFUSED_RETRY_S: Final = 10.0


class WordDelivery:
    """Publishes the words of the outbox, one after another, on one connection."""

    def __init__(self, connection: Connection, loop: EventLoop, state: PublisherState) -> None:
        self._connection = connection
        self._loop = loop
        self._state = state
        self._topic, self._outbox = state.topics.word, state.outbox
        self._has_loopback = False
        self._late_through = 0  # words up to this number have waited for the broker
        self._retry_until = 0.0  # a word without subscribers is published again until then
        self._in_flight: int | None = None  # the number of the word that is not acknowledged yet
        self._loopback_message: Message | None = None  # of that word
        self._refusal: str | None = None

    def mark_late(self) -> None:
        """Mark the words that are in the outbox as late."""
        self._late_through = self._outbox.last_seq

    def reconcile(self, *, session_present: bool, reports_no_subscribers: bool) -> None:
        """Find out what became of a word in doubt or, if the broker has no session, give subscribers time to return.

        Raises ConnectionLost, ShutdownDeadline.
        """
        loopback = self._outbox.loopback
        if loopback is Loopback.UNSUBSCRIBED or (session_present and loopback is Loopback.SUBSCRIBED):
            self._subscribe_loopback()
            if self._outbox.waiting:
                self._loop.run_for(_LOOPBACK_S)
            return
        self._outbox.loopback = Loopback.FORGOTTEN
        if reports_no_subscribers:
            self._retry_until = time.monotonic() + _SUBSCRIBERS_TIMEOUT_S
        else:
            self._loop.run_for(_SUBSCRIBERS_DELAY_S)
            self.mark_late()
            self._subscribe_loopback()

    def deliver(self) -> None:
        """Publish words until the publisher shuts down. Raises ConnectionLost, ShutdownDeadline."""
        while True:
            word = self._outbox.oldest()
            is_done = word is None or self._publish(word)
            if self._state.shutdown_deadline is not None and (word is None or not is_done):
                return
            if word is None:
                self._loop.next(None)

    def handle_loopback(self, message: Message) -> None:
        """Remove a word that has arrived from the outbox, and acknowledge its loopback message."""
        seq = _seq_of(message.payload)
        if seq is not None and seq == self._in_flight:
            self._loopback_message = message  # acknowledged after the PubAck of the word
            return
        oldest = self._outbox.oldest()
        if oldest is not None and oldest.seq == seq:
            self._outbox.remove(oldest.seq)
        self._outbox.sync()
        self._connection.acknowledge(message)

    def _subscribe_loopback(self) -> None:
        packet_id = self._connection.subscribe(self._topic, qos=1)
        suback = self._loop.wait_for(
            lambda event: isinstance(event, SubAck) and event.packet_id == packet_id, _SUBACK_TIMEOUT_S
        )
        self._has_loopback = True
        is_granted = isinstance(suback, SubAck) and not suback.refused
        self._outbox.loopback = Loopback.SUBSCRIBED if is_granted else Loopback.UNSUBSCRIBED

    def _publish(self, word: Word) -> bool:
        """Publish a word; return True if it has left the outbox, False if it is to be published again later."""
        # Without the sync a power cut could undo the word, and its number would be used again for another one.
        self._outbox.sync()
        self._in_flight, self._loopback_message = word.seq, None
        event = word.model_copy(update={"late": word.seq <= self._late_through}).to_json()
        packet_id = self._connection.publish(self._topic, event, qos=1)
        puback = self._loop.wait_for(
            lambda event: isinstance(event, PubAck) and event.packet_id == packet_id, _PUBACK_TIMEOUT_S
        )
        if not isinstance(puback, PubAck):
            raise ConnectionLost("it does not acknowledge a word")
        self._report_refusal(puback.refusal)
        if puback.refusal is not None:
            return self._postpone(_REFUSED_RETRY_S)
        if puback.no_subscribers and time.monotonic() < self._retry_until:
            return self._postpone(_NO_SUBSCRIBERS_RETRY_S)
        self._outbox.remove(word.seq)
        self._outbox.sync()
        self._in_flight = None
        if self._loopback_message is not None:
            self._connection.acknowledge(self._loopback_message)
        if not self._has_loopback:
            self._subscribe_loopback()
        return True

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
        self._in_flight = None
        self.mark_late()
        if self._state.shutdown_deadline is None:
            self._loop.wait_for(lambda _: self._state.shutdown_deadline is not None, delay_s)
        return False


def _seq_of(payload: bytes) -> int | None:
    """Return the number of a word event; None if it is no word event."""
    try:
        event = json.loads(payload)
    except (UnicodeDecodeError, json.JSONDecodeError):
        return None
    seq = event.get("seq") if isinstance(event, dict) else None
    return seq if isinstance(seq, int) else None
