"""The events of a connection to a broker, in MQTT's terms.

https://docs.oasis-open.org/mqtt/mqtt/v5.0/os/mqtt-v5.0-os.html
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ConnAck:
    """The broker's answer to CONNECT; `refusal` is the reason if it refuses.

    `session_present` is true if the broker still has a session of this client.
    """

    session_present: bool
    refusal: str | None
    unsupported_protocol: bool = False


@dataclass(frozen=True, slots=True)
class SubAck:
    """The broker's answer to a subscription."""

    packet_id: int
    refused: bool


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
    """A message; one of QoS 1 is sent again on the next connection until it is acknowledged."""

    topic: str
    payload: bytes
    retained: bool
    packet_id: int
    qos: int


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The connection has ended; this is its last event. `reason` is empty if the broker gave none."""

    reason: str


Event = ConnAck | SubAck | PubAck | Message | Disconnected
