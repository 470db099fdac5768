"""The interface of the stage that delivers events."""

from typing import Protocol

from edge.utterances.utterance import Event


class Sink(Protocol):
    """Delivers events without blocking: a slow sink has a bounded buffer and a thread of its own.

    Events come from several threads, one at a time, words and utterances in ascending order of their numbers.
    """

    def emit(self, event: Event) -> None:
        """Deliver a word, the line that it makes, or an utterance; a sink ignores events that it has no use for."""

    def close(self) -> None:
        """Deliver what is buffered, within a second, and release everything."""
