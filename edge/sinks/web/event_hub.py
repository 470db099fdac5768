"""What the page's server knows of the daemon, and who waits for news of it.

Nothing queues for a reader: each remembers what it has told and looks here for what is newer, so that a slow one misses
views and gets words late, and memory stays as it is.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from edge.sinks.web.message import MAX_WORDS, VIEW_LEVELS, ActiveModel, Clear, HealthMessage, Message, View, WordMessage


class EventHub:
    """The newest of everything; to be used on the event loop's thread."""

    def __init__(self, watching: Callable[[str], None]) -> None:
        """`watching` is told the most that anybody wants to see, when that changes."""
        self._watching = watching
        self._hand_model: Callable[[ActiveModel], None] = _nobody_cares
        self._watchers: Counter[str] = Counter()
        self._bells: set[asyncio.Event] = set()
        self._view_bells: set[asyncio.Event] = set()
        self._words: deque[WordMessage] = deque(maxlen=MAX_WORDS)
        self.reads: ActiveModel | None = None
        self.health: str | None = None
        self.view: View | None = None
        self.clears = 0
        """How often all words were forgotten."""
        self.forgotten = 0
        """The number of the last word that was forgotten because somebody wanted that."""

    def take(self, message: Message) -> None:
        """Know what the daemon tells."""
        if isinstance(message, View):
            self.view = message
            _ring(self._view_bells)
            return
        if isinstance(message, WordMessage):
            self._words.append(message)
        elif isinstance(message, Clear):
            self._words.clear()
            self.clears += 1
            self.forgotten = message.through
        elif isinstance(message, HealthMessage):
            self.health = message.health
        elif isinstance(message, ActiveModel):
            self.reads = message
            self._hand_model(message)
        _ring(self._bells)

    def hand_model_to(self, take_up: Callable[[ActiveModel], None]) -> None:
        """Call this now and whenever another model reads."""
        self._hand_model = take_up
        if self.reads is not None:
            take_up(self.reads)

    @property
    def is_whole(self) -> bool:
        """Whether there is an answer to whatever may be asked."""
        return self.reads is not None and self.health is not None

    def has_reached(self, seq: int) -> bool:
        """Whether a word has come with this number or a higher one.

        A number that none has reached is of a daemon that counted otherwise, before it was started anew.
        """
        return bool(self._words) and seq <= self._words[-1].seq

    def words_after(self, seq: int) -> list[WordMessage]:
        """The words with higher numbers, oldest first."""
        return [said for said in self._words if said.seq > seq]

    @contextmanager
    def listening(self) -> Iterator[asyncio.Event]:
        """An event that is set whenever there is news, but for views."""
        with _among(self._bells) as bell:
            yield bell

    @contextmanager
    def watching(self, view: str) -> Iterator[asyncio.Event]:
        """An event that is set whenever there is a view, and views are made meanwhile."""
        with _among(self._view_bells) as bell:
            self._count(view, 1)
            try:
                yield bell
            finally:
                self._count(view, -1)

    def _count(self, view: str, change: int) -> None:
        before = self._most_watched()
        self._watchers[view] += change
        if (most := self._most_watched()) != before:
            self._watching(most)
        if most == "off":
            self.view = None

    def _most_watched(self) -> str:
        return max((view for view, count in self._watchers.items() if count > 0), key=VIEW_LEVELS.index, default="off")


@contextmanager
def _among(bells: set[asyncio.Event]) -> Iterator[asyncio.Event]:
    bell = asyncio.Event()
    bells.add(bell)
    try:
        yield bell
    finally:
        bells.discard(bell)


def _ring(bells: set[asyncio.Event]) -> None:
    for bell in bells:
        bell.set()


def _nobody_cares(_reads: ActiveModel) -> None:
    """What is told of a model before anybody wants to know."""
