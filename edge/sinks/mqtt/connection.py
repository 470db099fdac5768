"""One connection to a broker, from the attempt until it ends; the sink and the doctor make them alike.

What happens on it comes as events in a queue, in its order, so that whoever holds the connection needs no callbacks.
A new attempt is a new connection: nothing that was on its way on an old one is sent again behind its holder's back.
"""

import socket
import ssl
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from edge.config import ConfigInvalid, MqttConfig

MQTT_5: Final = MQTTProtocolVersion.MQTTv5
MQTT_3: Final = MQTTProtocolVersion.MQTTv311
PROTOCOLS: Final = {"auto": (MQTT_5, MQTT_3), "5": (MQTT_5,), "3.1.1": (MQTT_3,)}
"""Which to try, in this order, by what is configured."""

_SESSION_S: Final = 30 * 24 * 3600  # how long a broker keeps what it has for a device that is away
_LARGEST_PACKET: Final = 65_536  # bytes; a broker hands on no larger one
_NO_SUBSCRIBERS: Final = 0x10  # https://docs.oasis-open.org/mqtt/mqtt/v5.0/os/mqtt-v5.0-os.html#_Toc3901126


@dataclass(frozen=True, slots=True)
class ConnAck:
    """The broker's answer to the attempt; `refusal` says why, if it is one. With a session it knows this device."""

    session_present: bool
    refusal: str | None
    unsupported_protocol: bool = False


@dataclass(frozen=True, slots=True)
class SubAck:
    """A subscription stands, or was refused."""

    number: int
    refused: bool


@dataclass(frozen=True, slots=True)
class PubAck:
    """The broker has taken a message of QoS 1; by its own account `nobody` listens, or it refuses the message."""

    number: int
    nobody: bool = False
    refusal: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """A message; one of QoS 1 is sent again on the next connection until it is confirmed."""

    topic: str
    payload: bytes
    retained: bool
    number: int
    qos: int


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The connection is over; the last event. `reason` is empty where nobody told one."""

    reason: str


Event = ConnAck | SubAck | PubAck | Message | Disconnected


@dataclass(frozen=True, slots=True)
class BrokerSettings:
    """How a broker is reached and what it wants to see; read once, so that a file that is missing is told at once."""

    host: str
    port: int
    protocols: tuple[MQTTProtocolVersion, ...]
    keepalive_s: int
    tls: ssl.SSLContext | None
    username: str | None
    password: str | None = field(repr=False)

    @classmethod
    def read(cls, config: MqttConfig) -> "BrokerSettings":
        """What the configuration and the files that it names say. Raises ConfigInvalid."""
        return cls(
            config.host,
            config.port,
            PROTOCOLS[config.protocol],
            config.keepalive_s,
            _tls(config),
            config.username,
            config.read_password(),
        )

    @property
    def broker(self) -> str:
        """The broker as a sentence names it."""
        return f"the broker {self.host}:{self.port}"


class Connection:
    """A try to connect and, when it succeeds, the connection; a thread of paho's reads and writes it."""

    def __init__(
        self,
        settings: BrokerSettings,
        on_event: Callable[[Event], None],
        *,
        client_id: str = "",
        will_topic: str | None = None,
        protocol: MQTTProtocolVersion,
    ) -> None:
        """Connect; every event goes to `tell`, on paho's thread, the broker's answer first.

        With a name the broker keeps a session for the device while it is away. `will` is the topic on which the broker
        says `offline` should the connection break. Raises OSError when the broker cannot be reached.
        """
        self._tell = on_event
        self._is_5 = protocol == MQTT_5
        # MQTT 5 tells it in `connect`, 3.1.1 here.
        clean = None if self._is_5 else not client_id
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id,
            clean,
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
        client.on_socket_open = _never_wait
        client.on_connect = self._hear_answer
        client.on_subscribe = self._hear_grant
        client.on_publish = self._hear_taken
        client.on_message = self._hear_message
        client.on_disconnect = self._hear_end
        self._client = client
        wishes: dict[str, Any] = (
            {"clean_start": not client_id, "properties": _wishes(bool(client_id))} if self._is_5 else {}
        )
        try:
            client.connect(settings.host, settings.port, settings.keepalive_s, **wishes)
        except UnicodeError as error:
            raise OSError(f"{settings.host} is no host's name") from error
        client.loop_start()

    def publish(self, topic: str, payload: str, *, qos: int, retain: bool = False) -> int:
        """Send a message; gives the number that comes back when the broker has taken it."""
        return self._client.publish(topic, payload, qos=qos, retain=retain).mid

    def subscribe(self, topic: str, *, qos: int) -> int:
        """Ask for a topic, without what is retained there; gives the number that comes back with the grant."""
        options = SubscribeOptions(qos=qos, retainHandling=SubscribeOptions.RETAIN_DO_NOT_SEND)
        _, number = self._client.subscribe(topic, options=options) if self._is_5 else self._client.subscribe(topic, qos)
        return number or 0

    def confirm(self, message: Message) -> None:
        """Tell the broker that a message need not come again."""
        self._client.ack(message.number, message.qos)

    def close(self) -> None:
        """Say goodbye, so that the broker does not announce the will."""
        self._client.disconnect()

    def _hear_answer(
        self, _client: paho.Client, _data: Any, flags: paho.ConnectFlags, reason: ReasonCode, _properties: Any
    ) -> None:
        refusal = str(reason) if reason.is_failure else None
        self._tell(ConnAck(flags.session_present, refusal, "protocol version" in str(reason).lower()))

    def _hear_grant(
        self, _client: paho.Client, _data: Any, number: int, reasons: list[ReasonCode], _properties: Any
    ) -> None:
        self._tell(SubAck(number, any(reason.is_failure for reason in reasons)))

    def _hear_taken(self, _client: paho.Client, _data: Any, number: int, reason: ReasonCode, _properties: Any) -> None:
        refusal = str(reason) if reason.is_failure else None
        self._tell(PubAck(number, nobody=reason.value == _NO_SUBSCRIBERS, refusal=refusal))

    def _hear_message(self, client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        _acknowledge_now(client)
        self._tell(Message(message.topic, bytes(message.payload), message.retain, message.mid, message.qos))

    def _hear_end(self, _client: paho.Client, _data: Any, _flags: Any, reason: ReasonCode, _properties: Any) -> None:
        told = str(reason)
        self._tell(Disconnected("" if told in ("Unspecified error", "Normal disconnection", "Success") else told))


# Words go one by one, each with an echo. Where both ends save packets (Nagle's algorithm, delayed acknowledgements)
# each step waits 40 ms for the other end: 11 words a second instead of 100 came after a long absence of the broker.


def _never_wait(_client: paho.Client, _data: Any, opened: Any) -> None:
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _acknowledge_now(client: paho.Client) -> None:
    """The broker holds its next packet back until this one is acknowledged. To be said each time: tcp(7)."""
    opened = client.socket()
    if isinstance(opened, socket.socket) and sys.platform == "linux":
        with suppress(OSError):  # a connection that has just ended
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)


def failure_reason(error: OSError) -> str:
    """Why a broker cannot be reached, in a few words."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"TLS fails: {(error.reason or str(error)).lower().replace('_', ' ')}"
    return error.strerror or str(error) or "it does not answer"


def _wishes(named: bool) -> Properties:  # noqa: FBT001  # one flag says it all
    wishes = Properties(PacketTypes.CONNECT)
    wishes.MaximumPacketSize = _LARGEST_PACKET
    if named:
        wishes.SessionExpiryInterval = _SESSION_S
    return wishes


def _tls(config: MqttConfig) -> ssl.SSLContext | None:
    """How TLS is spoken, if it is. Raises ConfigInvalid."""
    if not config.tls:
        return None
    for key in ("ca_file", "certificate_file", "key_file"):
        path = getattr(config, key)
        try:
            if path is not None:
                path.open("rb").close()
        except OSError as error:
            raise ConfigInvalid(f"mqtt.{key} {path} cannot be read: {error.strerror}") from error
    try:
        context = ssl.create_default_context(cafile=config.ca_file)
    except ssl.SSLError as error:
        raise ConfigInvalid(f"mqtt.ca_file {config.ca_file} holds no certificate in PEM") from error
    if config.certificate_file is not None:
        try:
            context.load_cert_chain(config.certificate_file, config.key_file, password=_no_password)
        except ssl.SSLError as error:
            raise ConfigInvalid(
                f"mqtt.certificate_file {config.certificate_file} and its key are no PEM files, do not belong together,"
                " or the key is encrypted"
            ) from error
    return context


def _no_password() -> str:
    raise ssl.SSLError("the key is encrypted")
