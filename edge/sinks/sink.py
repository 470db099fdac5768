"""The stage that takes words away."""

from typing import Protocol

from edge.health import Health
from edge.word import Word


class Sink(Protocol):
    """Takes words and, now and then, the daemon's health.

    Neither call may block: a slow sink keeps a bounded buffer and a thread of its own.
    """

    def emit(self, word: Word) -> None:
        """Take a word."""

    def report(self, health: Health) -> None:
        """Take the daemon's health."""

    def close(self) -> None:
        """Deliver what is on its way, within a second, and leave."""
