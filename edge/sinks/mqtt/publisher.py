"""The connection to the broker, kept by a thread of its own that reconnects for as long as the daemon runs."""

import logging
import threading
import time
from queue import SimpleQueue
from typing import Final

from edge.monitoring.status import Component
from edge.sinks.mqtt.broker_settings import BrokerSettings
from edge.sinks.mqtt.connection import Connection, failure_reason
from edge.sinks.mqtt.discovery import Offers
from edge.sinks.mqtt.event_loop import ConnectionLost, ShutdownDeadline
from edge.sinks.mqtt.events import Event
from edge.sinks.mqtt.publisher_state import PublisherState
from edge.sinks.mqtt.session import ConnectionRefused, NoConnAck, Session, WillRefused
from edge.workers.backoff import Backoff
from edge.workers.supervised_thread import SupervisedThread

log = logging.getLogger(__name__)

_FIRST_RETRY_S: Final = 1.0
_LONGEST_RETRY_S: Final = 30.0
_STABLE_AFTER_S: Final = 60.0
_DELIVERY_TIMEOUT_S: Final = 1.0
_CLOSE_TIMEOUT_S: Final = 0.5


class Publisher:
    """Holds sessions with the broker, one after another, and reports when the broker is lost and back."""

    def __init__(self, settings: BrokerSettings, state: PublisherState) -> None:
        """Start connecting."""
        self._settings = settings
        self._state = state
        self._attempts = list(settings.attempts)
        self._fault: str | None = None
        self._backoff = Backoff(_FIRST_RETRY_S, _LONGEST_RETRY_S, stable_after_s=_STABLE_AFTER_S)
        self._is_connected, self._was_connected = False, False
        self._short_connections = 0  # in a row
        self._closing = threading.Event()
        self._events: SimpleQueue[Event | None] = SimpleQueue()
        self._thread = SupervisedThread("MQTT", self._run, state.status.escalation(Component.BROKER))
        self._thread.start()

    def notify(self) -> None:
        """Wake the session, since the outbox has a new word or the state has changed."""
        self._events.put(None)

    def publish_health(self) -> None:
        """Publish the health now, before it is due."""
        self._state.health_due_at = 0.0
        self.notify()

    def publish_model(self, model: str, offers: Offers) -> None:
        """Publish another model's manifest, and the health; `offers` are those of this model."""
        self._state.offers = offers
        self._state.model, self._state.model_changed = model, True
        self.publish_health()

    def publish_findings(self, findings: str) -> None:
        """Publish the findings of a health check."""
        self._state.findings, self._state.findings_changed = findings, True
        self.notify()

    def close(self) -> None:
        """Publish the words that wait, for a moment at most, then `offline`, and disconnect.

        An attempt to connect that is never answered is left alone; its thread ends by itself.
        """
        # Without a session there is nobody to publish to.
        timeout_s = _DELIVERY_TIMEOUT_S if self._is_connected else 0.0
        self._state.shutdown_deadline = time.monotonic() + timeout_s
        self._closing.set()
        self.notify()
        self._thread.close(timeout_s + _CLOSE_TIMEOUT_S)

    def _run(self) -> None:
        while not self._closing.is_set():
            began = time.monotonic()
            try:
                self._run_session()
            except WillRefused as error:
                self._attempts = [error.other_attempt]
                continue
            except NoConnAck as error:
                del self._attempts[0]
                if self._attempts:
                    continue
                reason = f" ({error})" if str(error) else ""
                self._report(f"closes the connection without an answer{reason}; check whether it needs TLS")
            except ConnectionRefused as error:
                self._report(f"refuses this device: {error}", needs_user=True)
            except ConnectionLost as error:
                self._report_loss(error, time.monotonic() - began)
            except ShutdownDeadline:
                return
            except OSError as error:
                self._short_connections = 0
                reason = failure_reason(error)
                self._report(f"cannot be reached: {reason}", needs_user="certificate" in reason)
            self._attempts = list(self._settings.attempts)
            self._closing.wait(self._backoff.delay_s(time.monotonic() - began))

    def _run_session(self) -> None:
        """Connect, and publish until the end. Raises OSError and what a session raises."""
        events: SimpleQueue[Event | None] = SimpleQueue()
        self._events = events
        topics = self._state.topics
        connection = Connection(
            self._settings,
            events.put,
            client_id=f"ishara-{topics.device}",
            will_topic=topics.status,
            attempt=self._attempts[0],
        )
        try:
            session = Session(connection, events, self._state)
            connack = session.wait_for_connack()
            hold_s = self._settings.hold_after_reconnect_s if self._was_connected else 0.0
            self._is_connected, self._was_connected = True, True
            self._report_connected()
            session.run(connack, hold_s=hold_s)
        finally:
            self._is_connected = False
            connection.close()

    def _report_loss(self, error: ConnectionLost, lasted_s: float) -> None:
        """Report that the broker has ended the connection, and name the cause if it is likely the device's name."""
        self._short_connections = 0 if lasted_s > _STABLE_AFTER_S else self._short_connections + 1
        # Some brokers give no reason when another client takes the name over.
        if error.taken_over or (self._short_connections > 2 and not str(error)):
            cause = f"another client seems to use the name {self._state.topics.device}"
            self._report(f"ends the connection again and again: {cause}; give each device its own", needs_user=True)
        else:
            self._report(f"is lost: {error}" if str(error) else "is lost")

    def _report_connected(self) -> None:
        broker = self._settings.broker
        if self._fault is not None:
            log.warning("%s is back", broker)
        else:
            log.info("connected to %s", broker)
        self._fault = None
        self._state.status.report(Component.BROKER, None)

    def _report(self, fault: str, *, needs_user: bool = False) -> None:
        """Report a fault, and log it once, not at every attempt; a changed one only if the user must act."""
        if self._closing.is_set():
            return
        if self._fault is None or (needs_user and fault != self._fault):
            log.warning("%s %s; trying again until it is back", self._settings.broker, fault)
            self._fault = fault
        self._state.status.report(Component.BROKER, f"{self._settings.broker} {fault}")
