"""The state that the server has received from the daemon, and the notification of those who wait for changes.

Nothing is queued per reader: each reader remembers what it has sent and reads here what is newer. A slow reader misses
views and gets events late, and the memory in use stays the same.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from edge.sinks.web.message import (
    MAX_EVENTS,
    VIEW_LEVELS,
    ActiveModel,
    Clear,
    EventMessage,
    HealthMessage,
    Message,
    ReplyMessage,
    StateMessage,
    View,
)


class EventHub:
    """The latest model, health, view and line, and the last words and utterances; for the event loop's thread."""

    def __init__(self, on_requested_view: Callable[[str], None]) -> None:
        """`on_requested_view` is called with the highest level that any reader watches, whenever that changes."""
        self._on_requested_view = on_requested_view
        self._on_model: Callable[[ActiveModel], None] = _ignore_model
        self._viewers: Counter[str] = Counter()
        self._subscribers: set[asyncio.Event] = set()
        self._view_subscribers: set[asyncio.Event] = set()
        self._events: deque[EventMessage] = deque(maxlen=MAX_EVENTS)
        self.model: ActiveModel | None = None
        self.health: str | None = None
        self.reply: ReplyMessage | None = None
        self.states: dict[str, str] = {}
        """The JSON of the state of each part that has one, by the type of its event."""
        self.view: View | None = None
        self.line = ""
        """The JSON of the line in progress; empty while there is none."""
        self.clear_count = 0
        """The number of times that all words were cleared."""
        self.cleared_through = 0
        """The number of the last word that was cleared on request."""

    def receive(self, message: Message) -> None:
        """Store a message of the daemon, and notify those who wait for it."""
        if isinstance(message, View):
            self.view = message
            _notify(self._view_subscribers)
            return
        if isinstance(message, EventMessage):
            self._receive_event(message)
        elif isinstance(message, Clear):
            self._events.clear()
            self.line = ""
            self.reply = None
            self.clear_count += 1
            self.cleared_through = message.through
        elif isinstance(message, ReplyMessage):
            self.reply = message
        elif isinstance(message, StateMessage):
            self.states[message.event_type] = message.state
        elif isinstance(message, HealthMessage):
            self.health = message.health
        elif isinstance(message, ActiveModel):
            self.model = message
            self._on_model(message)
        _notify(self._subscribers)

    def on_model(self, callback: Callable[[ActiveModel], None]) -> None:
        """Call this now, if a model is known, and whenever another one becomes active."""
        self._on_model = callback
        if self.model is not None:
            callback(self.model)

    @property
    def is_complete(self) -> bool:
        """Return True if every request can be answered."""
        return self.model is not None and self.health is not None

    def has_reached(self, seq: int) -> bool:
        """Return True if an event with this number or a higher one has been received.

        A number above all of them comes from a daemon that counted otherwise, before it was restarted.
        """
        return bool(self._events) and seq <= self._events[-1].seq

    def events_after(self, seq: int) -> list[EventMessage]:
        """Return the words and utterances with higher numbers, oldest first."""
        return [event for event in self._events if event.seq > seq]

    @contextmanager
    def subscribe(self) -> Iterator[asyncio.Event]:
        """Yield an event that is set at every change except a new view."""
        with _registered(self._subscribers) as changed:
            yield changed

    @contextmanager
    def subscribe_views(self, level: str) -> Iterator[asyncio.Event]:
        """Yield an event that is set at every new view; views are made while somebody is subscribed."""
        with _registered(self._view_subscribers) as changed:
            self._count_viewer(level, 1)
            try:
                yield changed
            finally:
                self._count_viewer(level, -1)

    def _receive_event(self, event: EventMessage) -> None:
        if event.event_type == "line":
            self.line = event.event
            return
        self._events.append(event)
        if event.event_type == "utterance":
            self.line = ""

    def _count_viewer(self, level: str, change: int) -> None:
        before = self._highest_level()
        self._viewers[level] += change
        if (highest := self._highest_level()) != before:
            self._on_requested_view(highest)
        if highest == "off":
            self.view = None

    def _highest_level(self) -> str:
        watched = (level for level, count in self._viewers.items() if count > 0)
        return max(watched, key=VIEW_LEVELS.index, default="off")


@contextmanager
def _registered(subscribers: set[asyncio.Event]) -> Iterator[asyncio.Event]:
    changed = asyncio.Event()
    subscribers.add(changed)
    try:
        yield changed
    finally:
        subscribers.discard(changed)


def _notify(subscribers: set[asyncio.Event]) -> None:
    for changed in subscribers:
        changed.set()


def _ignore_model(_model: ActiveModel) -> None:
    """Do nothing: no callback is registered yet."""
