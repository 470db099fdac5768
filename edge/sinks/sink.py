"""The stage that takes words away."""

from typing import Protocol

from edge.recognition.word import Word


class Sink(Protocol):
    """Takes words, without blocking: a slow sink keeps a bounded buffer and a thread of its own."""

    def emit(self, word: Word) -> None:
        """Take a word."""

    def close(self) -> None:
        """Deliver what is on its way, within a second, and leave."""
