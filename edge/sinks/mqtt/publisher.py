"""Goes to the broker, again and again, on a thread of its own."""

import logging
import threading
import time
from queue import SimpleQueue
from typing import Final

from edge.monitoring.status import Component
from edge.sinks.mqtt.connection import MQTT_5, BrokerSettings, Connection, Event, failure_reason
from edge.sinks.mqtt.publisher_state import PublisherState
from edge.sinks.mqtt.session import BrokerRefuses, BrokerSilent, ConnectionLost, Session, ShutdownDeadline

log = logging.getLogger(__name__)

_SHORTEST_RETRY_S: Final = 1.0
_LONGEST_RETRY_S: Final = 30.0
_LAST_WORDS_S: Final = 1.0
_LAST_MOMENT_S: Final = 0.5


class Publisher:
    """Visits the broker; when that ends, tries anew for ever, logs that once and tells it to the standing."""

    def __init__(self, access: BrokerSettings, errands: PublisherState) -> None:
        """Set out at once."""
        self._access = access
        self._errands = errands
        self._status = errands.status
        self._protocols = list(access.protocols)
        self._trouble: str | None = None
        self._retry_s = _SHORTEST_RETRY_S
        self._is_in = False
        self._leaving = threading.Event()
        self._events: SimpleQueue[Event | None] = SimpleQueue()
        # A daemon thread: it may sit in an attempt to connect for seconds, and ends with the program then.
        self._thread = threading.Thread(target=self._go, name="mqtt", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """There is a new word."""
        self._events.put(None)

    def tell_health(self) -> None:
        """Tell the health now and not only when it is due."""
        self._errands.health_at = 0.0
        self._events.put(None)

    def tell_model(self, model: str) -> None:
        """Tell of another model, on the connection that stands."""
        self._errands.model, self._errands.is_model_new = model, True
        self.tell_health()

    def close(self) -> bool:
        """Bring the words that wait if that takes no more than a moment, say `offline` and leave.

        Gives whether it has left; it has not where an attempt to connect is never answered.
        """
        # Without a visit there is nobody to say goodbye to.
        patience_s = _LAST_WORDS_S if self._is_in else 0.0
        self._errands.leave_by = time.monotonic() + patience_s
        self._leaving.set()
        self._events.put(None)
        self._thread.join(patience_s + _LAST_MOMENT_S)
        return not self._thread.is_alive()

    def _go(self) -> None:
        while not self._leaving.is_set():
            try:
                self._visit()
            except BrokerSilent as error:
                del self._protocols[0]
                if self._protocols:
                    continue
                self._protocols = list(self._access.protocols)
                self._tell(f"closes the connection without an answer; does it want TLS? {error}".strip())
            except BrokerRefuses as error:
                self._tell(f"refuses this device: {error}", anew=True)
            except ConnectionLost as error:
                self._tell(f"is lost: {error}" if str(error) else "is lost")
            except ShutdownDeadline:
                return
            except OSError as error:
                self._tell(f"cannot be reached: {failure_reason(error)}", anew="certificate" in failure_reason(error))
            self._leaving.wait(self._retry_s)
            self._retry_s = min(2 * self._retry_s, _LONGEST_RETRY_S)

    def _visit(self) -> None:
        """Connect and stay. Raises OSError and what a visit raises."""
        events: SimpleQueue[Event | None] = SimpleQueue()
        self._events = events
        topics = self._errands.topics
        protocol = self._protocols[0]
        connection = Connection(
            self._access, events.put, client_id=f"ishara-{topics.device}", will_topic=topics.status, protocol=protocol
        )
        try:
            visit = Session(connection, events, self._errands)
            answer = visit.enter()
            self._is_in = True
            self._retry_s, self._protocols = _SHORTEST_RETRY_S, list(self._access.protocols)
            self._tell_well()
            visit.stay(answer, tells_nobody=protocol == MQTT_5)
        finally:
            self._is_in = False
            connection.close()

    def _tell_well(self) -> None:
        broker = self._access.broker
        if self._trouble is not None:
            log.warning("%s is back", broker)
        else:
            log.info("connected to %s", broker)
        self._trouble = None
        self._status.report(Component.BROKER, None)

    def _tell(self, trouble: str, *, anew: bool = False) -> None:
        """Log once when the broker is lost, not at every try; a new trouble only where the user must act `anew`."""
        if self._leaving.is_set():
            return
        if self._trouble is None or (anew and trouble != self._trouble):
            log.warning("%s %s; trying again until it is back", self._access.broker, trouble)
            self._trouble = trouble
        self._status.report(Component.BROKER, f"{self._access.broker} {trouble}")
