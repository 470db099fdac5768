"""What is done on one connection to the broker: say who is there, bring the words, hear what others want.

**No word is lost and none comes twice.** A word leaves the outbox only when the broker has confirmed it (PUBACK), and
the next is sent only then, so at most one word is ever in doubt: sent, but not confirmed when the connection broke or
the daemon was killed. MQTT alone would send it again, and a subscriber would hear it twice if it had arrived. So the
device subscribes to its own words, in a session that the broker keeps: whatever the broker took, it sends back, when
need be to the next daemon. That echo is confirmed only once the outbox has forgotten the word, hence a word in doubt
whose echo is waiting at the broker has arrived, and one without an echo has not.

A broker that was killed and kept no sessions has forgotten the echo, and its subscribers too. Words are then held back
until somebody subscribes again, as the confirmations of MQTT 5 tell ("no matching subscribers"), but not for long. The
echo would hide that, so the device asks for it anew only after a word has found somebody. A broker of MQTT 3.1.1 does
not tell; there the subscribers just get a few seconds.

What is left, since only the broker could know better and has forgotten, is a word that is sent again though it arrived:
when the broker was killed between passing it on and confirming it, which are two consecutive writes; and when the
daemon was killed between a word's arrival and its confirmation, a millisecond, and then either the broker was killed
too before the next daemon came or this was the first word after such a broker's return. Subscribers tell a repeat by
its `seq`, which is never used for another word.
"""

import json
import logging
import math
import random
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Final

from edge.commands import Response
from edge.monitoring.status import Component
from edge.recognition.word import Word
from edge.sinks.mqtt.connection import ConnAck, Connection, Disconnected, Event, Message, PubAck, SubAck
from edge.sinks.mqtt.outbox import Loopback
from edge.sinks.mqtt.publisher_state import PublisherState

log = logging.getLogger(__name__)

_ANSWER_S: Final = 10.0
_ECHO_S: Final = 0.3  # behind the grant, by when a waiting echo has come
_NOBODY_S: Final = 30.0  # for subscribers to come back to a broker that forgot them; Home Assistant takes 10
_NOBODY_AGAIN_S: Final = 1.0
_SUBSCRIBERS_S: Final = 5.0  # the same, where the broker does not tell whether any are back
_CONFIRMED_S: Final = 120.0  # no broker that is alive takes longer
_REFUSED_AGAIN_S: Final = 10.0
_REBIRTH_S: Final = (1.0, 5.0)
_GOODBYE_S: Final = 0.4


class ConnectionLost(Exception):
    """The connection is over; the message says why, if anybody told."""


class BrokerRefuses(Exception):
    """The broker does not let this device in; the message says why."""


class BrokerSilent(Exception):
    """The connection ended without an answer, or none came: whatever listens there may speak another protocol."""


class ShutdownDeadline(Exception):
    """The daemon must leave now, whatever is not done."""


class Session:
    """One connection, from the broker's answer to its end."""

    def __init__(self, connection: Connection, events: "SimpleQueue[Event | None]", errands: PublisherState) -> None:
        """`events` are the connection's; None among them only wakes the visit, to look at its errands."""
        self._connection = connection
        self._events = events
        self._errands = errands
        self._topics, self._outbox = errands.topics, errands.outbox
        self._is_in = False
        self._hears_echo = False
        self._late_through = 0  # words up to this number have waited for the broker
        self._patient_until = 0.0
        self._sent: int | None = None  # the word that is on its way
        self._echo: Message | None = None  # of that word
        self._refusal: str | None = None
        self._rebirth_at: float | None = None

    def enter(self) -> ConnAck:
        """Wait for the broker's answer. Raises BrokerRefuses, BrokerSilent, TimeIsUp."""
        try:
            answer = self._wait(lambda event: isinstance(event, ConnAck), _ANSWER_S)
        except ConnectionLost as error:
            raise BrokerSilent(str(error)) from error
        if not isinstance(answer, ConnAck) or answer.unsupported_protocol:
            raise BrokerSilent("")
        if answer.refusal is not None:
            raise BrokerRefuses(answer.refusal)
        self._is_in = True
        self._late_through = self._outbox.last_seq
        return answer

    def stay(self, answer: ConnAck, *, tells_nobody: bool) -> None:
        """Bring words until it is time to leave, and say goodbye. Raises ConnectionLost.

        `tells_nobody` is whether the broker says so when a message finds no subscriber.
        """
        try:
            self._introduce()
            self._find_audience(session=answer.session_present, tells_nobody=tells_nobody)
            self._deliver()
            self._publish_offline(qos=1)
        except ShutdownDeadline:
            # Without QoS, so that nothing is waited for.
            self._publish_offline(qos=0)
        self._is_in = False
        self._connection.close()
        self._errands.leave_by = time.monotonic() + _GOODBYE_S
        try:
            self._wait(lambda _: False, _GOODBYE_S)
        except (ConnectionLost, ShutdownDeadline):
            return

    def _introduce(self) -> None:
        """Say what this device is; that it is online comes last."""
        say, errands, topics = self._connection.publish, self._errands, self._topics
        if errands.discovery is not None:
            say(errands.discovery.topic, errands.discovery.to_json(), qos=1, retain=True)
        self._tell_model()
        self._tell_health(qos=1)
        say(topics.status, "online", qos=1, retain=True)
        # Without QoS: a command to a device that is away must not be obeyed hours later.
        self._connection.subscribe(topics.command, qos=0)
        if errands.discovery is not None:
            self._connection.subscribe(errands.discovery.birth_topic, qos=0)

    def _find_audience(self, *, session: bool, tells_nobody: bool) -> None:
        """Hear what became of a word in doubt or, where the broker has forgotten, give the subscribers time."""
        echo = self._outbox.loopback
        if echo is Loopback.UNSUBSCRIBED or (session and echo is Loopback.SUBSCRIBED):
            self._ask_for_echo()
            if self._outbox.waiting:
                self._wait(lambda _: False, _ECHO_S)
            return
        self._outbox.loopback = Loopback.FORGOTTEN
        if tells_nobody:
            self._patient_until = time.monotonic() + _NOBODY_S
        else:
            self._wait(lambda _: False, _SUBSCRIBERS_S)
            self._late_through = self._outbox.last_seq
            self._ask_for_echo()

    def _ask_for_echo(self) -> None:
        number = self._connection.subscribe(self._topics.word, qos=1)
        granted = self._wait(lambda event: isinstance(event, SubAck) and event.number == number, _ANSWER_S)
        self._hears_echo = True
        self._outbox.loopback = (
            Loopback.SUBSCRIBED if isinstance(granted, SubAck) and not granted.refused else Loopback.UNSUBSCRIBED
        )

    def _deliver(self) -> None:
        """Send word after word, each when the one before was taken; until it is time to leave."""
        while True:
            word = self._outbox.oldest()
            is_done = word is None or self._send(word)
            if self._errands.leave_by is not None and (word is None or not is_done):
                return
            if word is None:
                self._next(None)

    def _send(self, word: Word) -> bool:
        """Bring a word; gives whether it is done with. One that is not is tried again a little later."""
        self._outbox.sync()  # else a power cut could take it back, and its number would come again with another word
        self._sent, self._echo = word.seq, None
        event = word.model_copy(update={"late": word.seq <= self._late_through}).to_json()
        number = self._connection.publish(self._topics.word, event, qos=1)
        taken = self._wait(lambda event: isinstance(event, PubAck) and event.number == number, _CONFIRMED_S)
        if not isinstance(taken, PubAck):
            raise ConnectionLost("it does not confirm a word")
        self._tell_refusal(taken.refusal)
        if taken.refusal is not None:
            return self._postpone(_REFUSED_AGAIN_S)
        if taken.nobody and time.monotonic() < self._patient_until:
            return self._postpone(_NOBODY_AGAIN_S)
        self._outbox.remove(word.seq)
        self._outbox.sync()
        self._sent = None
        if self._echo is not None:
            self._connection.confirm(self._echo)
        if not self._hears_echo:
            self._ask_for_echo()
        return True

    def _tell_refusal(self, refusal: str | None) -> None:
        """Say once that the broker lets this device in, but does not take its words; and once that it does again."""
        if refusal == self._refusal:
            return
        self._refusal = refusal
        trouble = None if refusal is None else f"the broker takes no words of this device: {refusal}"
        log.warning("%s", trouble or "the broker takes words again")
        self._errands.status.report(Component.BROKER, trouble)

    def _postpone(self, seconds: float) -> bool:
        """Let a word that reached nobody wait, and those behind it."""
        self._sent = None
        self._late_through = self._outbox.last_seq
        if self._errands.leave_by is None:
            self._wait(lambda _: self._errands.leave_by is not None, seconds)
        return False

    def _publish_offline(self, *, qos: int) -> None:
        number = self._connection.publish(self._topics.status, "offline", qos=qos, retain=True)
        if qos:
            self._wait(lambda event: isinstance(event, PubAck) and event.number == number, None)

    def _wait(self, is_it: Callable[[Event | None], bool], seconds: float | None) -> Event | None:
        """Do what comes until that comes, which is given, or the time is over. Raises ConnectionLost, TimeIsUp."""
        deadline = None if seconds is None else time.monotonic() + seconds
        while True:
            event = self._next(deadline)
            if is_it(event):
                return event
            if deadline is not None and time.monotonic() >= deadline:
                return None

    def _next(self, deadline: float | None) -> Event | None:
        """The next event, or None when there is none by the deadline or something else is to be seen to."""
        moments = [moment for moment in (deadline, self._due_at(), self._errands.leave_by) if moment is not None]
        try:
            event = self._events.get(timeout=max(0.0, min(moments) - time.monotonic()) if moments else None)
        except Empty:
            event = None
        if isinstance(event, Disconnected):
            raise ConnectionLost(event.reason)
        if self._errands.leave_by is not None and time.monotonic() >= self._errands.leave_by:
            raise ShutdownDeadline
        if isinstance(event, Message):
            self._hear(event)
        if self._is_in:
            self._see_to_errands()
        return event

    def _see_to_errands(self) -> None:
        if self._errands.is_model_new:
            self._tell_model()
        if time.monotonic() >= self._errands.health_at:
            self._tell_health(qos=0)
        if self._rebirth_at is not None and time.monotonic() >= self._rebirth_at:
            self._rebirth_at = None
            self._introduce()

    def _due_at(self) -> float | None:
        """When an errand is to be seen to next."""
        if not self._is_in:
            return None
        return min(self._errands.health_at, math.inf if self._rebirth_at is None else self._rebirth_at)

    def _tell_model(self) -> None:
        self._errands.is_model_new = False  # before: another may come meanwhile
        self._connection.publish(self._topics.model, self._errands.model, qos=1, retain=True)

    def _tell_health(self, *, qos: int) -> None:
        self._errands.health_at = time.monotonic() + self._errands.health_every_s
        self._connection.publish(self._topics.health, self._errands.health().to_json(), qos=qos, retain=True)

    def _hear(self, message: Message) -> None:
        if message.topic == self._topics.word:
            self._hear_echo(message)
        elif message.topic == self._topics.command:
            self._connection.publish(self._topics.response, self._obey(message).to_json(), qos=1)
        elif message.payload == b"online" and not message.retained:
            # Home Assistant has started. Not at once: all its devices would answer in the same moment.
            self._rebirth_at = time.monotonic() + random.uniform(*_REBIRTH_S)  # noqa: S311

    def _obey(self, message: Message) -> Response:
        if message.retained:
            return Response(ok=False, error="a retained command is not obeyed: it would be again at every connection")
        return self._errands.commands.execute(message.payload)

    def _hear_echo(self, message: Message) -> None:
        seq = _seq(message.payload)
        if seq is not None and seq == self._sent:
            self._echo = message
            return
        oldest = self._outbox.oldest()
        if oldest is not None and oldest.seq == seq:
            self._outbox.remove(oldest.seq)
        self._outbox.sync()
        self._connection.confirm(message)


def _seq(payload: bytes) -> int | None:
    """The number of a word event; None when it is none."""
    try:
        event = json.loads(payload)
    except (UnicodeDecodeError, json.JSONDecodeError):
        return None
    seq = event.get("seq") if isinstance(event, dict) else None
    return seq if isinstance(seq, int) else None
