"""The loop over a connection's events: waits for one of them, and handles the others and what is due meanwhile."""

import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Protocol

from edge.sinks.mqtt.events import Disconnected, Event, Message, PubAck
from edge.sinks.mqtt.publisher_state import PublisherState


class ConnectionLost(Exception):
    """The connection has ended; the message is the reason, if there is one."""

    def __init__(self, reason: str, *, taken_over: bool = False) -> None:
        """`taken_over` is true if the broker says that another client has the same client id."""
        super().__init__(reason)
        self.taken_over = taken_over


class ShutdownDeadline(Exception):
    """The daemon must end now, whatever is still to be published."""


class EventHandler(Protocol):
    """Handles messages, acknowledgements and due work while the loop waits."""

    def handle_message(self, message: Message) -> None:
        """Handle a received message."""

    def handle_puback(self, puback: PubAck) -> None:
        """Handle the acknowledgement of a message."""

    def next_due(self) -> float | None:
        """Return the time on the monotonic clock at which `publish_due` has something to do, or None."""

    def publish_due(self) -> None:
        """Publish what is due."""


class EventLoop:
    """Waits for events."""

    def __init__(self, events: "SimpleQueue[Event | None]", state: PublisherState, handler: EventHandler) -> None:
        """`events` are the connection's; a None among them only wakes the loop, to look at the state."""
        self._events = events
        self._state = state
        self._handler = handler

    def wait_for(self, is_expected: Callable[[Event | None], bool], timeout_s: float | None) -> Event | None:
        """Return the first expected event, or None after the timeout. Raises ConnectionLost, ShutdownDeadline."""
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        while True:
            event = self.next(deadline)
            if is_expected(event):
                return event
            if deadline is not None and time.monotonic() >= deadline:
                return None

    def run_for(self, duration_s: float) -> None:
        """Handle events for this time. Raises ConnectionLost, ShutdownDeadline."""
        self.wait_for(lambda _: False, duration_s)

    def next(self, deadline: float | None) -> Event | None:
        """Return the next event, or None at the deadline or when something else is due.

        Raises ConnectionLost, ShutdownDeadline.
        """
        shutdown = self._state.shutdown_deadline
        times = [at for at in (deadline, self._handler.next_due(), shutdown) if at is not None]
        try:
            event = self._events.get(timeout=max(0.0, min(times) - time.monotonic()) if times else None)
        except Empty:
            event = None
        if isinstance(event, Disconnected):
            raise ConnectionLost(event.reason, taken_over=event.taken_over)
        if self._state.shutdown_deadline is not None and time.monotonic() >= self._state.shutdown_deadline:
            raise ShutdownDeadline
        if isinstance(event, Message):
            self._handler.handle_message(event)
        elif isinstance(event, PubAck):
            self._handler.handle_puback(event)
        self._handler.publish_due()
        return event
