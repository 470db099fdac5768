"""Collects the faults that a camera reports."""

import time

from tests.edge.waiting import wait_until


class FaultLog:
    """The changes of a camera's fault, each with the time when it was reported."""

    def __init__(self) -> None:
        self.fault: str | None = None
        self.changes: list[tuple[float, str | None]] = []

    def report(self, fault: str | None) -> None:
        """Receive the camera's fault, None when it works."""
        if fault != self.fault:
            self.fault = fault
            self.changes.append((time.monotonic(), fault))

    def wait_for(self, words: str | None) -> float:
        """Wait until the fault contains these words, or with None until there is none; return when that came."""
        wait_until(lambda: self._matches(words), f"“{words}”")
        return self.changes[-1][0]

    def _matches(self, words: str | None) -> bool:
        fault = self.fault
        return fault is None if words is None else fault is not None and words in fault
