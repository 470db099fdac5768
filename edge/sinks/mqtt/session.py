"""One session with the broker: publishes what the device is, delivers its words, and executes commands.

`delivery.py` describes the delivery of each word exactly once.
"""

import time
from queue import SimpleQueue
from typing import Final

from edge.commands import Response
from edge.sinks.mqtt.connection import Connection
from edge.sinks.mqtt.delivery import WordDelivery
from edge.sinks.mqtt.event_loop import ConnectionLost, EventLoop, ShutdownDeadline
from edge.sinks.mqtt.events import ConnAck, Event, Message, PubAck
from edge.sinks.mqtt.publisher_state import PublisherState
from edge.sinks.mqtt.retained import RetainedPublisher

_CONNACK_TIMEOUT_S: Final = 10.0
_DISCONNECT_TIMEOUT_S: Final = 0.4


class ConnectionRefused(Exception):
    """The broker refuses this device; the message says why."""


class NoConnAck(Exception):
    """The connection ended without a ConnAck, or none came: the server may speak another protocol."""


class Session:
    """Uses one connection, from the broker's ConnAck to its end."""

    def __init__(self, connection: Connection, events: "SimpleQueue[Event | None]", state: PublisherState) -> None:
        """`events` are the connection's; a None among them only wakes the session, to look at the state."""
        self._connection = connection
        self._state = state
        self._is_connected = False
        self._loop = EventLoop(events, state, self)
        self._retained = RetainedPublisher(connection, state)
        self._delivery = WordDelivery(connection, self._loop, state)

    def wait_for_connack(self) -> ConnAck:
        """Return the broker's ConnAck. Raises ConnectionRefused, NoConnAck, ShutdownDeadline."""
        try:
            connack = self._loop.wait_for(lambda event: isinstance(event, ConnAck), _CONNACK_TIMEOUT_S)
        except ConnectionLost as error:
            raise NoConnAck(str(error)) from error
        if not isinstance(connack, ConnAck) or connack.unsupported_protocol:
            raise NoConnAck
        if connack.refusal is not None:
            raise ConnectionRefused(connack.refusal)
        self._is_connected = True
        self._delivery.mark_late()
        return connack

    def run(self, connack: ConnAck, *, reports_no_subscribers: bool) -> None:
        """Publish until the publisher shuts down, then `offline`, and disconnect. Raises ConnectionLost.

        `reports_no_subscribers` is true if the broker reports a message without subscribers in its PubAck.
        """
        try:
            self._retained.publish_birth()
            self._delivery.reconcile(
                session_present=connack.session_present, reports_no_subscribers=reports_no_subscribers
            )
            self._delivery.deliver()
            self._publish_offline()
        except ShutdownDeadline:
            self._retained.publish_offline(qos=0)  # which needs no acknowledgement
        self._is_connected = False
        self._connection.close()
        self._state.shutdown_deadline = time.monotonic() + _DISCONNECT_TIMEOUT_S
        try:
            self._loop.run_for(_DISCONNECT_TIMEOUT_S)
        except (ConnectionLost, ShutdownDeadline):
            return

    def handle_message(self, message: Message) -> None:
        """Handle a message of one of the subscribed topics."""
        topics = self._state.topics
        if message.topic == topics.word:
            self._delivery.handle_loopback(message)
        elif message.topic == topics.command:
            self._connection.publish(topics.response, self._execute(message).to_json(), qos=1)
        elif message.payload == b"online" and not message.retained:  # on Home Assistant's birth topic
            self._retained.schedule_rebirth()

    def next_due(self) -> float | None:
        """Return the time on the monotonic clock at which something is due next; None outside of the session."""
        return self._retained.next_due() if self._is_connected else None

    def publish_due(self) -> None:
        """Publish the retained messages that have changed or are due."""
        if self._is_connected:
            self._retained.publish_due()

    def _publish_offline(self) -> None:
        packet_id = self._retained.publish_offline(qos=1)
        self._loop.wait_for(lambda event: isinstance(event, PubAck) and event.packet_id == packet_id, None)

    def _execute(self, message: Message) -> Response:
        if message.retained:
            error = "a retained command is ignored, since it would run at every connection; publish it without retain"
            return Response(ok=False, error=error)
        return self._state.commands.execute(message.payload)
