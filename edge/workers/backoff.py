"""Exponential back-off between attempts to restart or reconnect."""

import math
from dataclasses import dataclass, field


@dataclass(slots=True)
class Backoff:
    """Delays that grow by a factor from the first to the longest until an attempt succeeds; all in seconds.

    After `immediate` attempts without any delay, the delays are `first_s`, `first_s * factor` and so on, at most
    `longest_s`.
    """

    first_s: float
    longest_s: float
    factor: float = 2.0
    immediate: int = 0
    stable_after_s: float = math.inf
    """A run that lasted longer than this counts as a success."""
    attempts: int = field(default=0, init=False)
    """Failed attempts since the last success."""
    _next_s: float = field(default=0.0, init=False)

    def delay_s(self, ran_s: float = 0.0) -> float:
        """Return the delay before the next attempt, given how long the last one ran before it failed."""
        if ran_s > self.stable_after_s:
            self.reset()
        self.attempts += 1
        if self.attempts <= self.immediate:
            return 0.0
        delay_s = self._next_s or self.first_s
        self._next_s = min(delay_s * self.factor, self.longest_s)
        return delay_s

    def reset(self) -> None:
        """Start from the first delay again."""
        self.attempts, self._next_s = 0, 0.0
