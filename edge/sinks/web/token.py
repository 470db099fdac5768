"""The token, and how long who showed wrong ones must wait before the next one is looked at."""

import hashlib
import math
import secrets
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

_FREE: Final = 5
_LONGEST_S: Final = 10.0
_FORGET_S: Final = 600.0
_REMEMBERED: Final = 1000


@dataclass(slots=True)
class FailedAttempts:
    """Who showed wrong tokens: how many, when last, and which lately."""

    count: int = 0
    at: float = -math.inf
    wrong: deque[bytes] = field(default_factory=lambda: deque(maxlen=2 * _FREE))

    def wait_s(self, now: float) -> float:
        """How long the next token of theirs is not looked at: a few are free, then the time doubles with each."""
        if self.count < _FREE:
            return 0.0
        return max(0.0, self.at + min(2.0 ** (self.count - _FREE), _LONGEST_S) - now)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a token is right; with a `wait_s` it was not looked at, and will not be for so many seconds."""

    is_right: bool = False
    wait_s: float = 0.0


class TokenVerifier:
    """Opens to one token. Of the addresses that wrong ones came from the newest are remembered."""

    def __init__(self, token: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._token = token.encode()
        self._clock = clock
        self._guessers: OrderedDict[str, FailedAttempts] = OrderedDict()

    def judge(self, shown: str, client: str) -> Verdict:
        """What comes of showing a token from an address.

        One that is known to be wrong is no further guess: a page that was left open goes on showing the token of
        yesterday. Waiting comes before looking: who is answered sooner when a token is right needs no other answer.
        """
        guesser = self._guessers.get(client, FailedAttempts())
        digest, now = hashlib.sha256(shown.encode()).digest(), self._clock()
        if now - guesser.at > _FORGET_S:
            guesser = FailedAttempts()
        if digest in guesser.wrong:
            return Verdict()
        if (wait_s := guesser.wait_s(now)) > 0.0:
            return Verdict(wait_s=wait_s)
        if secrets.compare_digest(shown.encode(), self._token):
            return Verdict(is_right=True)
        guesser.count, guesser.at = guesser.count + 1, now
        guesser.wrong.append(digest)
        self._guessers[client] = guesser
        self._guessers.move_to_end(client)
        if len(self._guessers) > _REMEMBERED:
            self._guessers.popitem(last=False)
        return Verdict()
