"""The connection to the broker, kept by a thread of its own that reconnects for as long as the daemon runs."""

import logging
import threading
import time
from queue import SimpleQueue
from typing import Final

from edge.monitoring.status import Component
from edge.sinks.mqtt.broker_settings import MQTT_5, BrokerSettings
from edge.sinks.mqtt.connection import Connection, failure_reason
from edge.sinks.mqtt.event_loop import ConnectionLost, ShutdownDeadline
from edge.sinks.mqtt.events import Event
from edge.sinks.mqtt.publisher_state import PublisherState
from edge.sinks.mqtt.session import ConnectionRefused, NoConnAck, Session
from edge.workers.backoff import Backoff

log = logging.getLogger(__name__)

_FIRST_RETRY_S: Final = 1.0
_LONGEST_RETRY_S: Final = 30.0
_DELIVERY_TIMEOUT_S: Final = 1.0
_CLOSE_TIMEOUT_S: Final = 0.5


class Publisher:
    """Holds sessions with the broker, one after another, and reports when the broker is lost and back."""

    def __init__(self, settings: BrokerSettings, state: PublisherState) -> None:
        """Start connecting."""
        self._settings = settings
        self._state = state
        self._protocols = list(settings.protocols)
        self._fault: str | None = None
        self._backoff = Backoff(_FIRST_RETRY_S, _LONGEST_RETRY_S)
        self._is_connected = False
        self._closing = threading.Event()
        self._events: SimpleQueue[Event | None] = SimpleQueue()
        # A daemon thread: an attempt to connect may block it for seconds, and it then ends with the program.
        self._thread = threading.Thread(target=self._run, name="mqtt", daemon=True)
        self._thread.start()

    def notify(self) -> None:
        """Wake the session, since the outbox has a new word or the state has changed."""
        self._events.put(None)

    def publish_health(self) -> None:
        """Publish the health now, before it is due."""
        self._state.health_due_at = 0.0
        self.notify()

    def publish_model(self, model: str) -> None:
        """Publish another model's manifest, and the health."""
        self._state.model, self._state.model_changed = model, True
        self.publish_health()

    def close(self) -> bool:
        """Publish the words that wait, for a moment at most, then `offline`, and disconnect.

        Returns False if the thread has not ended, since an attempt to connect is never answered.
        """
        # Without a session there is nobody to publish to.
        timeout_s = _DELIVERY_TIMEOUT_S if self._is_connected else 0.0
        self._state.shutdown_deadline = time.monotonic() + timeout_s
        self._closing.set()
        self.notify()
        self._thread.join(timeout_s + _CLOSE_TIMEOUT_S)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                self._run_session()
            except NoConnAck as error:
                del self._protocols[0]
                if self._protocols:
                    continue
                self._protocols = list(self._settings.protocols)
                reason = f" ({error})" if str(error) else ""
                self._report(f"closes the connection without an answer{reason}; check whether it needs TLS")
            except ConnectionRefused as error:
                self._report(f"refuses this device: {error}", needs_user=True)
            except ConnectionLost as error:
                self._report(f"is lost: {error}" if str(error) else "is lost")
            except ShutdownDeadline:
                return
            except OSError as error:
                reason = failure_reason(error)
                self._report(f"cannot be reached: {reason}", needs_user="certificate" in reason)
            self._closing.wait(self._backoff.delay_s())

    def _run_session(self) -> None:
        """Connect, and publish until the end. Raises OSError and what a session raises."""
        events: SimpleQueue[Event | None] = SimpleQueue()
        self._events = events
        topics = self._state.topics
        protocol = self._protocols[0]
        connection = Connection(
            self._settings, events.put, client_id=f"ishara-{topics.device}", will_topic=topics.status, protocol=protocol
        )
        try:
            session = Session(connection, events, self._state)
            connack = session.wait_for_connack()
            self._is_connected = True
            self._backoff.reset()
            self._protocols = list(self._settings.protocols)
            self._report_connected()
            session.run(connack, reports_no_subscribers=protocol == MQTT_5)
        finally:
            self._is_connected = False
            connection.close()

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
