"""One connection to a broker, from the attempt until it ends; the sink and the doctor use the same.

It is reported as events, in order, so that its owner needs no callbacks of paho's. A new attempt is a new
connection: paho never resends on its own what was in flight on an old one.
"""

import socket
import ssl
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from edge.sinks.mqtt.broker_settings import MQTT_5, BrokerSettings
from edge.sinks.mqtt.events import ConnAck, Disconnected, Event, Message, PubAck, SubAck

_SESSION_EXPIRY_S: Final = 30 * 24 * 3600
_MAX_PACKET_BYTES: Final = 65_536  # the broker forwards no larger one
_NO_MATCHING_SUBSCRIBERS: Final = 0x10  # https://docs.oasis-open.org/mqtt/mqtt/v5.0/os/mqtt-v5.0-os.html#_Toc3901126
_NO_REASON: Final = ("Unspecified error", "Normal disconnection", "Success")


class Connection:
    """An attempt to connect and, if it succeeds, the connection; a thread of paho's reads and writes it."""

    def __init__(
        self,
        settings: BrokerSettings,
        on_event: Callable[[Event], None],
        *,
        client_id: str = "",
        will_topic: str | None = None,
        protocol: MQTTProtocolVersion,
    ) -> None:
        """Connect. Every event goes to `on_event`, on paho's thread, the ConnAck first.

        With a client id the broker keeps a session for the device while it is disconnected. On `will_topic` the broker
        publishes `offline` if the connection breaks. Raises OSError if the broker cannot be reached.
        """
        self._on_event = on_event
        self._is_5 = protocol == MQTT_5
        # MQTT 5 passes this to `connect`, 3.1.1 passes it here.
        clean_session = None if self._is_5 else not client_id
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id,
            clean_session,
            protocol=protocol,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        if settings.tls is not None:
            client.tls_set_context(settings.tls)
        if settings.username is not None:
            client.username_pw_set(settings.username, settings.password)
        if will_topic is not None:
            client.will_set(will_topic, "offline", qos=1, retain=True)
        client.on_socket_open = _disable_nagle
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        client.on_disconnect = self._on_disconnect
        self._client = client
        options: dict[str, Any] = {}
        if self._is_5:
            options = {"clean_start": not client_id, "properties": _connect_properties(with_session=bool(client_id))}
        try:
            client.connect(settings.host, settings.port, settings.keepalive_s, **options)
        except UnicodeError as error:
            raise OSError(f"{settings.host} is not a valid host name") from error
        client.loop_start()

    def publish(self, topic: str, payload: str, *, qos: int, retain: bool = False) -> int:
        """Publish a message, and return the packet id that its PubAck has."""
        return self._client.publish(topic, payload, qos=qos, retain=retain).mid

    def subscribe(self, topic: str, *, qos: int) -> int:
        """Subscribe to a topic, without its retained message, and return the packet id that the SubAck has."""
        options = SubscribeOptions(qos=qos, retainHandling=SubscribeOptions.RETAIN_DO_NOT_SEND)
        if self._is_5:
            _, packet_id = self._client.subscribe(topic, options=options)
        else:
            _, packet_id = self._client.subscribe(topic, qos)
        return packet_id or 0

    def acknowledge(self, message: Message) -> None:
        """Acknowledge a message, so that the broker does not send it again."""
        self._client.ack(message.packet_id, message.qos)

    def close(self) -> None:
        """Send DISCONNECT, so that the broker does not publish the will."""
        self._client.disconnect()

    def _on_connect(
        self, _client: paho.Client, _data: Any, flags: paho.ConnectFlags, reason: ReasonCode, _properties: Any
    ) -> None:
        refusal = str(reason) if reason.is_failure else None
        self._on_event(ConnAck(flags.session_present, refusal, "protocol version" in str(reason).lower()))

    def _on_subscribe(
        self, _client: paho.Client, _data: Any, packet_id: int, reasons: list[ReasonCode], _properties: Any
    ) -> None:
        self._on_event(SubAck(packet_id, any(reason.is_failure for reason in reasons)))

    def _on_publish(
        self, _client: paho.Client, _data: Any, packet_id: int, reason: ReasonCode, _properties: Any
    ) -> None:
        refusal = str(reason) if reason.is_failure else None
        self._on_event(PubAck(packet_id, no_subscribers=reason.value == _NO_MATCHING_SUBSCRIBERS, refusal=refusal))

    def _on_message(self, client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        _request_quick_ack(client)
        self._on_event(Message(message.topic, bytes(message.payload), message.retain, message.mid, message.qos))

    def _on_disconnect(
        self, _client: paho.Client, _data: Any, _flags: Any, reason: ReasonCode, _properties: Any
    ) -> None:
        self._on_event(Disconnected("" if str(reason) in _NO_REASON else str(reason)))


# Words are published one by one, and each comes back on the loopback subscription. If both ends save packets (Nagle's
# algorithm, delayed acknowledgements), each step waits 40 ms for the other end: after a long absence of the broker, 11
# words a second were published instead of 100.


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


def _connect_properties(*, with_session: bool) -> Properties:
    properties = Properties(PacketTypes.CONNECT)
    properties.MaximumPacketSize = _MAX_PACKET_BYTES
    if with_session:
        properties.SessionExpiryInterval = _SESSION_EXPIRY_S
    return properties
