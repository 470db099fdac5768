"""The interface of the stage that delivers words."""

from typing import Protocol

from edge.recognition.word import Word


class Sink(Protocol):
    """Delivers words without blocking: a slow sink has a bounded buffer and a thread of its own."""

    def emit(self, word: Word) -> None:
        """Deliver a word."""

    def close(self) -> None:
        """Deliver what is buffered, within a second, and release everything."""
