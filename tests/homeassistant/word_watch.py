"""Watches, through Home Assistant's websocket, the words that it sees."""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from tests.homeassistant.home_assistant import HomeAssistant

WORD_ENTITY: Final = "event.ishara_entrance_word"


@dataclass(frozen=True, slots=True)
class SeenWord:
    """A word as Home Assistant saw it: its number, and the time of its event."""

    seq: int
    at: datetime


class WordWatch:
    """Collects the events of the word entity."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._changed = threading.Condition()
        self._seen: dict[SeenWord, None] = {}
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def seen(self) -> list[SeenWord]:
        """The words in the order in which Home Assistant saw them.

        An entity that was unavailable shows its last event again, with the same time; that is no new word.
        """
        with self._changed:
            return list(self._seen)

    @property
    def counts(self) -> Counter[int]:
        """The number of times each word was seen."""
        return Counter(word.seq for word in self.seen)

    def wait_beyond(self, seq: int, patience_s: float) -> bool:
        """Wait until a word with a higher number is seen; return False if none is."""
        with self._changed:
            return self._changed.wait_for(lambda: any(word.seq > seq for word in self._seen), patience_s)

    def close(self) -> None:
        """Stop watching."""
        self._connection.close()
        self._thread.join()

    def _run(self) -> None:
        try:
            for message in self._connection:
                self._record(json.loads(message))
        except ConnectionClosed:
            return

    def _record(self, message: dict[str, Any]) -> None:
        state = message.get("event", {}).get("data", {}).get("new_state")
        if not state or state["entity_id"] != WORD_ENTITY or "seq" not in state["attributes"]:
            return
        word = SeenWord(int(state["attributes"]["seq"]), datetime.fromisoformat(str(state["state"])))
        with self._changed:
            self._seen[word] = None
            self._changed.notify_all()


@contextmanager
def watching(home: HomeAssistant) -> Iterator[WordWatch]:
    """Yield a watch on the words that Home Assistant sees from now on."""
    connection = home.open_websocket()
    connection.send(json.dumps({"id": 1, "type": "subscribe_events", "event_type": "state_changed"}))
    connection.recv()
    watch = WordWatch(connection)
    try:
        yield watch
    finally:
        watch.close()
