"""One connection to a broker, from the attempt until it ends; the sink and the doctor use the same.

It is reported as events, in order, so that its owner needs no callbacks of paho's. A new attempt is a new
connection: paho never resends on its own what was in flight on an old one.
"""

import socket
import ssl
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties, VariableByteIntegers
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from edge.sinks.mqtt.broker_settings import MQTT_5, Attempt, BrokerSettings
from edge.sinks.mqtt.events import BrokerLimits, ConnAck, Disconnected, Event, Message, PubAck
from edge.workers.supervised_thread import catch_unforeseen

_MAX_PACKET_BYTES: Final = 65_536  # the broker forwards no larger one
# Reason codes: https://docs.oasis-open.org/mqtt/mqtt/v5.0/os/mqtt-v5.0-os.html#_Toc3901031
_NO_MATCHING_SUBSCRIBERS: Final = 0x10
_SESSION_TAKEN_OVER: Final = 0x8E
_RETAIN_NOT_SUPPORTED: Final = 0x9A
_QOS_NOT_SUPPORTED: Final = 0x9B
_NO_REASON: Final = ("Unspecified error", "Normal disconnection", "Success")


class PacketTooLarge(Exception):
    """A packet is larger than broker or device accept."""


class Connection:
    """An attempt to connect and, if it succeeds, the connection; a thread of paho's reads and writes it.

    The broker keeps no session of the device: it subscribes again on each connection, and publishes again what was not
    acknowledged on the last one.
    """

    def __init__(
        self,
        settings: BrokerSettings,
        on_event: Callable[[Event], None],
        *,
        client_id: str = "",
        will_topic: str | None = None,
        attempt: Attempt,
    ) -> None:
        """Connect. Every event goes to `on_event`, on paho's thread, the ConnAck first.

        On `will_topic` the broker publishes `offline` if the connection breaks. Raises OSError if the broker cannot be
        reached.
        """
        self._on_event = on_event
        self._attempt = attempt
        self._is_5 = attempt.protocol == MQTT_5
        self._limits = BrokerLimits()
        # MQTT 5 passes this to `connect`, 3.1.1 passes it here.
        clean_session = None if self._is_5 else True
        client = _Client(
            CallbackAPIVersion.VERSION2, client_id, clean_session, protocol=attempt.protocol, reconnect_on_failure=False
        )
        if settings.tls is not None:
            client.tls_set_context(settings.tls)
        if settings.username is not None:
            client.username_pw_set(settings.username, settings.password)
        if will_topic is not None:
            client.will_set(will_topic, "offline", qos=attempt.max_qos, retain=attempt.retain)
        client.on_failure = self._on_failure
        client.on_socket_open = _disable_nagle
        client.on_connect = self._on_connect
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        client.on_disconnect = self._on_disconnect
        self._client = client
        options: dict[str, Any] = {}
        if self._is_5:
            properties = Properties(PacketTypes.CONNECT)
            properties.MaximumPacketSize = _MAX_PACKET_BYTES
            options = {"clean_start": True, "properties": properties}
        try:
            client.connect(settings.host, settings.port, settings.keepalive_s, **options)
        except UnicodeError as error:
            raise OSError(f"{settings.host} is not a valid host name") from error
        client.loop_start()

    def publish(
        self, topic: str, payload: str | bytes, *, qos: int, retain: bool = False, correlation_data: bytes | None = None
    ) -> int:
        """Publish a message within the broker's limits, and return the packet id that its PubAck has.

        With a broker that takes QoS 0 alone, the PubAck says that the message was sent. Raises PacketTooLarge.
        """
        content = payload.encode() if isinstance(payload, str) else payload
        properties = None
        if correlation_data is not None and self._is_5:
            properties = Properties(PacketTypes.PUBLISH)
            properties.CorrelationData = correlation_data
        size = _publish_size(topic, content, properties)
        if self._limits.max_packet_bytes is not None and size > self._limits.max_packet_bytes:
            raise PacketTooLarge(
                f"the broker accepts packets of {self._limits.max_packet_bytes} bytes at most, and one has {size}"
            )
        qos, retain = min(qos, self._limits.max_qos), retain and self._limits.retain_available
        return self._client.publish(topic, content, qos=qos, retain=retain, properties=properties).mid

    def subscribe(self, topic: str) -> None:
        """Subscribe to a topic with QoS 0, without its retained message."""
        if self._is_5:
            handling = SubscribeOptions.RETAIN_DO_NOT_SEND
            self._client.subscribe(topic, options=SubscribeOptions(qos=0, retainHandling=handling))
        else:
            self._client.subscribe(topic, 0)

    @property
    def local_address(self) -> str | None:
        """The address of this machine in the broker's network; None while there is no connection."""
        opened = self._client.socket()
        try:
            return str(opened.getsockname()[0]) if isinstance(opened, socket.socket) else None
        except OSError:  # it has just ended
            return None

    def close(self) -> None:
        """Send DISCONNECT, so that the broker does not publish the will."""
        self._client.disconnect()

    def _on_connect(
        self, _client: paho.Client, _data: Any, _flags: paho.ConnectFlags, reason: ReasonCode, properties: Any
    ) -> None:
        attempt = self._attempt
        self._limits = BrokerLimits(
            max_packet_bytes=getattr(properties, "MaximumPacketSize", None),
            max_qos=min(attempt.max_qos, getattr(properties, "MaximumQoS", 1)),
            retain_available=attempt.retain and bool(getattr(properties, "RetainAvailable", True)),
        )
        other_attempt = None
        if reason.value == _RETAIN_NOT_SUPPORTED and attempt.retain:
            other_attempt = replace(attempt, retain=False)
        elif reason.value == _QOS_NOT_SUPPORTED and attempt.max_qos:
            other_attempt = replace(attempt, max_qos=0)
        self._on_event(
            ConnAck(
                str(reason) if reason.is_failure else None,
                unsupported_protocol="protocol version" in str(reason).lower(),
                other_attempt=other_attempt,
                limits=self._limits,
            )
        )

    def _on_publish(
        self, _client: paho.Client, _data: Any, packet_id: int, reason: ReasonCode, _properties: Any
    ) -> None:
        refusal = str(reason) if reason.is_failure else None
        self._on_event(PubAck(packet_id, no_subscribers=reason.value == _NO_MATCHING_SUBSCRIBERS, refusal=refusal))

    def _on_message(self, client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        _request_quick_ack(client)
        response_topic = getattr(message.properties, "ResponseTopic", None)
        correlation_data = getattr(message.properties, "CorrelationData", None)
        self._on_event(Message(message.topic, bytes(message.payload), message.retain, response_topic, correlation_data))

    def _on_disconnect(
        self, _client: paho.Client, _data: Any, _flags: Any, reason: ReasonCode, _properties: Any
    ) -> None:
        text = "" if str(reason) in _NO_REASON else str(reason)
        self._on_event(Disconnected(text, taken_over=reason.value == _SESSION_TAKEN_OVER))

    def _on_failure(self, error: BaseException) -> None:
        self._on_event(Disconnected(f"it sends what cannot be read: {error}"))


class _Client(paho.Client):
    """A client of paho's whose thread reports an exception instead of ending silently."""

    on_failure: Callable[[BaseException], None]

    def _sock_recv(self, bufsize: int) -> bytes:
        """Read from the socket; paho asks for a packet's whole content at once, and allocates it.

        Raises PacketTooLarge, which ends the connection: the broker ignores the limit that was announced to it.
        """
        if bufsize > _MAX_PACKET_BYTES:
            raise PacketTooLarge(f"a packet of {bufsize} bytes, above the limit of {_MAX_PACKET_BYTES}")
        return super()._sock_recv(bufsize)

    def loop_forever(self, *arguments: Any, **options: Any) -> MQTTErrorCode:
        """Read and write the connection until it ends."""

        def read() -> None:
            try:
                super(_Client, self).loop_forever(*arguments, **options)
            except PacketTooLarge as error:
                self._fail(error)

        if (error := catch_unforeseen("reading from the broker", read)) is not None:
            self._fail(error)
        return MQTTErrorCode.MQTT_ERR_UNKNOWN  # the thread ends whatever it is

    def _fail(self, error: BaseException) -> None:
        opened = self.socket()
        if isinstance(opened, socket.socket):
            opened.close()
        self.on_failure(error)


def _publish_size(topic: str, payload: bytes, properties: Properties | None) -> int:
    """Return the size of a PUBLISH packet of MQTT 5 in bytes, with its packet id."""
    property_bytes = 1 if properties is None else len(properties.pack())
    rest = 2 + len(topic.encode()) + 2 + property_bytes + len(payload)
    return 1 + len(VariableByteIntegers.encode(rest)) + rest


# Words are published one by one. If both ends save packets (Nagle's algorithm, delayed acknowledgements), each step
# waits 40 ms for the other end: after a long absence of the broker, 11 words a second were published instead of 100.


def _disable_nagle(_client: paho.Client, _data: Any, opened: Any) -> None:
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _request_quick_ack(client: paho.Client) -> None:
    """Acknowledge received packets at once: the broker holds its next packet back until then.

    The option is not permanent, so it is set after each message: tcp(7).
    """
    opened = client.socket()
    if isinstance(opened, socket.socket) and sys.platform == "linux":
        with suppress(OSError):  # the connection has just ended
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)


def failure_reason(error: OSError) -> str:
    """Return why a broker cannot be reached, in a few words."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"TLS fails: {(error.reason or str(error)).lower().replace('_', ' ')}"
    return error.strerror or str(error) or "it does not answer"
