"""The verification of the token, with a growing delay after wrong ones."""

import hashlib
import math
import secrets
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

_FREE_ATTEMPTS: Final = 5
_MAX_DELAY_S: Final = 10.0
_FORGET_AFTER_S: Final = 600.0
_MAX_CLIENTS: Final = 1000


@dataclass(slots=True)
class FailedAttempts:
    """The failed attempts of one client: their number, the time of the last one, and the digests of recent tokens."""

    count: int = 0
    last_at: float = -math.inf
    recent_digests: deque[bytes] = field(default_factory=lambda: deque(maxlen=2 * _FREE_ATTEMPTS))

    def wait_s(self, now: float) -> float:
        """Return how long the client's next token is not checked.

        A few attempts are free; then the delay doubles with each.
        """
        if self.count < _FREE_ATTEMPTS:
            return 0.0
        return max(0.0, self.last_at + min(2.0 ** (self.count - _FREE_ATTEMPTS), _MAX_DELAY_S) - now)


@dataclass(frozen=True, slots=True)
class Verification:
    """The result of a check; with a `wait_s` the token was not checked, and will not be for so many seconds."""

    is_valid: bool = False
    wait_s: float = 0.0


class TokenVerifier:
    """Compares tokens with the right one, and remembers the clients that sent wrong ones most recently."""

    def __init__(self, token: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._token = token.encode()
        self._clock = clock
        self._failed: OrderedDict[str, FailedAttempts] = OrderedDict()

    def verify(self, token: str, client: str) -> Verification:
        """Check a token that came from a client's address.

        A repeated wrong token does not count as a further attempt: a page that was left open keeps sending an outdated
        token. The delay is checked before the token, since a client that got an answer sooner for the right token would
        need no other answer.
        """
        attempts = self._failed.get(client, FailedAttempts())
        digest, now = hashlib.sha256(token.encode()).digest(), self._clock()
        if now - attempts.last_at > _FORGET_AFTER_S:
            attempts = FailedAttempts()
        if digest in attempts.recent_digests:
            return Verification()
        if (wait_s := attempts.wait_s(now)) > 0.0:
            return Verification(wait_s=wait_s)
        if secrets.compare_digest(token.encode(), self._token):
            return Verification(is_valid=True)
        attempts.count, attempts.last_at = attempts.count + 1, now
        attempts.recent_digests.append(digest)
        self._failed[client] = attempts
        self._failed.move_to_end(client)
        if len(self._failed) > _MAX_CLIENTS:
            self._failed.popitem(last=False)
        return Verification()
