"""The broker's address, protocol, TLS and credentials, read from the configuration."""

import ssl
from dataclasses import dataclass, field
from typing import Final

from paho.mqtt.enums import MQTTProtocolVersion

from edge.config import ConfigInvalid, MqttConfig

MQTT_5: Final = MQTTProtocolVersion.MQTTv5
MQTT_3: Final = MQTTProtocolVersion.MQTTv311


@dataclass(frozen=True, slots=True)
class Attempt:
    """One of several ways to connect, since a broker may know only some."""

    protocol: MQTTProtocolVersion
    retain: bool = True
    """False for a broker that refuses retained messages."""
    max_qos: int = 1
    """0 for a broker that refuses messages of QoS 1."""


# A broker of MQTT 3.1.1 that stores no retained messages closes the connection without saying so.
_ATTEMPTS: Final = {
    "auto": (Attempt(MQTT_5), Attempt(MQTT_3), Attempt(MQTT_3, retain=False)),
    "5": (Attempt(MQTT_5),),
    "3.1.1": (Attempt(MQTT_3), Attempt(MQTT_3, retain=False)),
}


@dataclass(frozen=True, slots=True)
class BrokerSettings:
    """Address and credentials of a broker; read once, so that a missing file is reported at the start."""

    host: str
    port: int
    attempts: tuple[Attempt, ...]
    """The ways to connect that are tried, in this order."""
    keepalive_s: int
    tls: ssl.SSLContext | None
    username: str | None
    password: str | None = field(repr=False)
    hold_after_reconnect_s: float
    """The time for which words wait after a reconnection, for subscribers to return."""

    @classmethod
    def read(cls, config: MqttConfig) -> "BrokerSettings":
        """Read the configuration and the files that it names. Raises ConfigInvalid."""
        return cls(
            config.host,
            config.port,
            _ATTEMPTS[config.protocol],
            config.keepalive_s,
            _tls_context(config),
            config.username,
            config.read_password(),
            config.hold_after_reconnect_s,
        )

    @property
    def broker(self) -> str:
        """The broker's name in messages to the user."""
        return f"the broker {self.host}:{self.port}"


def _tls_context(config: MqttConfig) -> ssl.SSLContext | None:
    """Return the TLS context, or None if TLS is off. Raises ConfigInvalid."""
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
            context.load_cert_chain(config.certificate_file, config.key_file, password=_refuse_password)
        except ssl.SSLError as error:
            raise ConfigInvalid(
                f"mqtt.certificate_file {config.certificate_file} and its key are no PEM files, do not belong together,"
                " or the key is encrypted"
            ) from error
    return context


def _refuse_password() -> str:
    """Fail instead of asking for a password on the terminal."""
    raise ssl.SSLError("the key is encrypted")
