"""The events of a connection to a broker, in MQTT's terms.

https://docs.oasis-open.org/mqtt/mqtt/v5.0/os/mqtt-v5.0-os.html
"""

from dataclasses import dataclass

from edge.sinks.mqtt.broker_settings import Attempt


@dataclass(frozen=True, slots=True)
class BrokerLimits:
    """Limits that a broker of MQTT 5 announces in its ConnAck."""

    max_packet_bytes: int | None = None
    """The size of the largest packet that it accepts; None without a limit."""
    max_qos: int = 1
    retain_available: bool = True
    """False if it stores no retained messages, and refuses those that ask for it."""


@dataclass(frozen=True, slots=True)
class ConnAck:
    """The broker's answer to CONNECT; `refusal` is the reason if it refuses."""

    refusal: str | None
    unsupported_protocol: bool = False
    other_attempt: Attempt | None = None
    """The way to connect that this broker supports, if it refuses the QoS or the retaining of the will."""
    limits: BrokerLimits = BrokerLimits()


@dataclass(frozen=True, slots=True)
class PubAck:
    """The broker has taken a message of QoS 1, or refuses it with `refusal`.

    `no_subscribers` is true if the broker reports that no subscription matches, which only MQTT 5 does.
    """

    packet_id: int
    no_subscribers: bool = False
    refusal: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """A message of a subscribed topic.

    `response_topic` and `correlation_data` are set if its sender asks for a response there, which only MQTT 5 can.
    """

    topic: str
    payload: bytes
    retained: bool
    response_topic: str | None = None
    correlation_data: bytes | None = None


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The connection has ended; this is its last event. `reason` is empty if the broker gave none.

    `taken_over` is true if another client has connected with the same client id.
    """

    reason: str
    taken_over: bool = False


Event = ConnAck | PubAck | Message | Disconnected
