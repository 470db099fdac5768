"""Tries a broker: connects as the daemon would, publishes one message, and says by kind what came of it.

In a process of its own: what a stranger's broker sends cannot harm the daemon, and a hanging one is killed.
"""

import json
import socket
import ssl
from collections.abc import Iterator
from dataclasses import replace
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Final

from edge.config import ConfigInvalid, MqttConfig
from edge.requests import BrokerAccess
from edge.setup.state import TrialOutcome
from edge.sinks.mqtt.broker_settings import Attempt, BrokerSettings
from edge.sinks.mqtt.connection import Connection, failure_reason
from edge.sinks.mqtt.events import ConnAck, Disconnected, Event, PubAck
from edge.sinks.mqtt.topics import Topics

_TIMEOUT_S: Final = 8.0
_KEEPALIVE_S: Final = 6  # paho waits so long for the answer to the TLS handshake
_QOS_1: Final = 1
_MESSAGE: Final = json.dumps({"ok": True, "command": "setup"})
_WRONG_LOGIN: Final = ("bad user name or password", "not authorized", "bad authentication method")
_OTHER_HOST: Final = (62, 64)  # X509_V_ERR_HOSTNAME_MISMATCH and X509_V_ERR_IP_ADDRESS_MISMATCH
_ALERT: Final = "ALERT"  # of OpenSSL's names for what the other side says: it did understand TLS
_CERTIFICATE_WANTED: Final = ("CERTIFICATE_REQUIRED", "HANDSHAKE_FAILURE")

_KINDS: Final[dict[type[OSError], TrialOutcome]] = {
    socket.gaierror: TrialOutcome.UNKNOWN_HOST,
    ConnectionRefusedError: TrialOutcome.REFUSED,
    TimeoutError: TrialOutcome.TIMED_OUT,
}

Outcome = tuple[TrialOutcome, str | None]


def try_broker(argument: str) -> Outcome:
    """Connect to a broker and publish a message as a device; the detail is for people, and unchecked."""
    request = json.loads(argument)
    if (section := request.get("section")) is not None:
        try:
            settings = BrokerSettings.read(MqttConfig.model_validate_json(json.dumps(section)))
        except ConfigInvalid as error:
            return TrialOutcome.NO_CONFIGURATION, str(error)
    else:
        access = BrokerAccess.model_validate_json(json.dumps(request["access"]))
        try:
            settings = _settings(access)
        except ssl.SSLError:
            return TrialOutcome.CA_INVALID, None
    return _Trial(replace(settings, keepalive_s=_KEEPALIVE_S), Topics(request["device"])).outcome()


def _settings(access: BrokerAccess) -> BrokerSettings:
    """Return the settings of the daemon for this broker. Raises ssl.SSLError."""
    settings = BrokerSettings.read(MqttConfig(host=access.host, port=access.port, username=access.username))
    tls = ssl.create_default_context(cadata=access.ca) if access.tls else None
    password = None if access.password is None else access.password.get_secret_value()
    return replace(settings, tls=tls, password=password)


class _Trial:
    """One trial of a broker, with one attempt after another until it answers."""

    def __init__(self, settings: BrokerSettings, topics: Topics) -> None:
        self._settings = settings
        self._topics = topics

    def outcome(self) -> Outcome:
        """Connect and publish."""
        for attempt in self._settings.attempts:
            try:
                found = self._attempt(attempt)
            except OSError as error:
                return self._unreachable(error)
            if found is not None:
                return found
        return self._silent()

    def _attempt(self, attempt: Attempt) -> Outcome | None:
        """Return the outcome of one way to connect; None if the broker does not answer to it. Raises OSError."""
        events: SimpleQueue[Event] = SimpleQueue()
        connection = Connection(self._settings, events.put, attempt=attempt)
        try:
            answer = next((one for one in _until_silence(events) if isinstance(one, ConnAck | Disconnected)), None)
            if not isinstance(answer, ConnAck) or answer.unsupported_protocol:
                return None
            if answer.refusal is not None:
                if answer.other_attempt is not None:
                    return None
                is_login = answer.refusal.lower() in _WRONG_LOGIN
                return TrialOutcome.WRONG_LOGIN if is_login else TrialOutcome.FAILED, answer.refusal
            return self._publish(connection, events)
        finally:
            connection.close()

    def _publish(self, connection: Connection, events: "SimpleQueue[Event]") -> Outcome:
        """Publish on the topic of responses: it is not retained, and nobody waits for this one."""
        packet = connection.publish(self._topics.response, _MESSAGE, qos=_QOS_1)
        for event in _until_silence(events):
            if isinstance(event, PubAck) and event.packet_id == packet:
                if event.refusal is None:
                    return TrialOutcome.OK, None
                return TrialOutcome.NOT_AUTHORISED, event.refusal
            if isinstance(event, Disconnected):  # some brokers punish what is not allowed so
                return TrialOutcome.NOT_AUTHORISED, event.reason or None
        return TrialOutcome.TIMED_OUT, None

    def _unreachable(self, error: OSError) -> Outcome:
        if isinstance(error, ssl.SSLCertVerificationError):
            is_other = error.verify_code in _OTHER_HOST
            kind = TrialOutcome.CERTIFICATE_OF_OTHER_HOST if is_other else TrialOutcome.CERTIFICATE_NOT_TRUSTED
            return kind, error.verify_message
        if isinstance(error, ssl.SSLError) and _ALERT in (error.reason or ""):
            is_wanted = any(name in (error.reason or "") for name in _CERTIFICATE_WANTED)
            return TrialOutcome.CERTIFICATE_WANTED if is_wanted else TrialOutcome.FAILED, failure_reason(error)
        if isinstance(error, TimeoutError) and self._settings.tls is not None and self._answers():
            return TrialOutcome.NO_TLS, None
        for type_, kind in _KINDS.items():
            if isinstance(error, type_):
                return kind, failure_reason(error)
        if isinstance(error, ssl.SSLError | ConnectionError) and self._settings.tls is not None:
            return TrialOutcome.NO_TLS, failure_reason(error)
        is_invalid = error.errno is None  # a name that can be none
        return TrialOutcome.UNKNOWN_HOST if is_invalid else TrialOutcome.UNREACHABLE, failure_reason(error)

    def _silent(self) -> Outcome:
        """Return why what listens there does not answer CONNECT."""
        if self._settings.tls is not None:
            # TLS 1.3 refuses a client without a certificate only after the client has finished.
            return TrialOutcome.CERTIFICATE_WANTED if self._wants_certificate() else TrialOutcome.NO_BROKER, None
        return (TrialOutcome.TLS_REQUIRED if self._speaks_tls() else TrialOutcome.NO_BROKER), None

    def _answers(self) -> bool:
        """Return True if the port can be reached without TLS."""
        try:
            with socket.create_connection((self._settings.host, self._settings.port), _TIMEOUT_S):
                return True
        except OSError:
            return False

    def _speaks_tls(self) -> bool:
        """Return True if the port answers a TLS handshake, whoever it is: nothing is sent."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        address = self._settings.host, self._settings.port
        try:
            with socket.create_connection(address, _TIMEOUT_S) as opened, context.wrap_socket(opened):
                return True
        except ssl.SSLError as error:
            return _ALERT in (error.reason or "")
        except OSError:
            return False

    def _wants_certificate(self) -> bool:
        """Return True if the other side says, after the handshake, that it wants a certificate."""
        address, context = (self._settings.host, self._settings.port), self._settings.tls
        if context is None:
            return False
        try:
            with (
                socket.create_connection(address, _TIMEOUT_S) as opened,
                context.wrap_socket(opened, server_hostname=self._settings.host) as encrypted,
            ):
                encrypted.recv(1)
        except ssl.SSLError as error:
            return any(name in (error.reason or "") for name in _CERTIFICATE_WANTED)
        except OSError:
            return False
        return False


def _until_silence(events: "SimpleQueue[Event]") -> Iterator[Event]:
    """Yield events until none has come for long enough."""
    end = monotonic() + _TIMEOUT_S
    while (left := end - monotonic()) > 0:
        try:
            yield events.get(timeout=left)
        except Empty:
            return
