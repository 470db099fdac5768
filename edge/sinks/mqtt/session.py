"""The use of one connection to the broker: publishes what the device is, delivers its words, and executes commands."""

import time
from queue import SimpleQueue
from typing import Final

from edge.commands import Response
from edge.sinks.mqtt.broker_settings import Attempt
from edge.sinks.mqtt.connection import Connection, PacketTooLarge
from edge.sinks.mqtt.delivery import EventDelivery
from edge.sinks.mqtt.event_loop import ConnectionLost, EventLoop, ShutdownDeadline
from edge.sinks.mqtt.events import ConnAck, Event, Message, PubAck
from edge.sinks.mqtt.publisher_state import PublisherState
from edge.sinks.mqtt.retained import RetainedPublisher
from edge.sinks.mqtt.topics import accepts_responses

_CONNACK_TIMEOUT_S: Final = 10.0
_DISCONNECT_TIMEOUT_S: Final = 0.4


class ConnectionRefused(Exception):
    """The broker refuses this device; the message says why."""


class WillRefused(Exception):
    """The broker refuses the QoS or the retaining of the will."""

    def __init__(self, other_attempt: Attempt) -> None:
        """`other_attempt` is the way to connect that this broker supports."""
        self.other_attempt = other_attempt


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
        self._delivery = EventDelivery(connection, self._loop, state)

    def wait_for_connack(self) -> ConnAck:
        """Return the broker's ConnAck. Raises ConnectionRefused, WillRefused, NoConnAck, ShutdownDeadline."""
        try:
            connack = self._loop.wait_for(lambda event: isinstance(event, ConnAck), _CONNACK_TIMEOUT_S)
        except ConnectionLost as error:
            raise NoConnAck(str(error)) from error
        if not isinstance(connack, ConnAck) or connack.unsupported_protocol:
            raise NoConnAck
        if connack.other_attempt is not None:
            raise WillRefused(connack.other_attempt)
        if connack.refusal is not None:
            raise ConnectionRefused(connack.refusal)
        self._is_connected = True
        self._delivery.mark_late()
        return connack

    def run(self, connack: ConnAck, *, hold_s: float) -> None:
        """Publish until the publisher shuts down, then `offline`, and disconnect. Raises ConnectionLost.

        Events are held for the first `hold_s` seconds.
        """
        self._retained.are_kept = connack.limits.retain_available
        if not self._retained.are_kept:
            self._state.report_limit(
                "retain", "the broker stores no retained messages: a new subscriber sees the device at its next report"
            )
        try:
            self._retained.publish_birth()
            if self._delivery.hold(hold_s):
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
        if message.topic == self._state.topics.command:
            if not self._state.command_rate.admit():
                return  # without a response: whoever floods one topic would fill another
            self._respond(message, self._execute(message).to_json())
        elif message.payload == b"online" and not message.retained:  # on Home Assistant's birth topic
            self._retained.schedule_rebirth()

    def handle_puback(self, puback: PubAck) -> None:
        """Handle the acknowledgement of a message that is waited for by nobody."""
        self._retained.handle_puback(puback)

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

    def _respond(self, message: Message, response: str) -> None:
        """Publish a response where the sender of the command wants it, else on the topic `response`."""
        topics = self._state.topics
        wanted = message.response_topic
        topic = wanted if wanted is not None and accepts_responses(wanted) else topics.response
        try:
            self._connection.publish(topic, response, qos=1, correlation_data=message.correlation_data)
        except PacketTooLarge as error:
            self._state.report_limit("response", f"a response is not published, since {error}")
