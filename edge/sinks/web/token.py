"""The verification of the token."""

import asyncio
import secrets
from collections.abc import Callable
from enum import Enum, auto
from typing import Final

_WRONG_EVERY_S: Final = 0.1
_MAX_WAITING: Final = 20


class Verification(Enum):
    """The result of a check."""

    RIGHT = auto()
    WRONG = auto()
    TOO_MANY = auto()
    """Wrong, and so many others are wrong at the same time that this one is not even made to wait."""


class TokenVerifier:
    """Compares tokens with the right one, and answers wrong ones slowly.

    A token cannot be guessed; the pauses only keep guessers from costing much. The right one is never made to wait, so
    that no guesser can lock anybody out. For that reason nothing depends on addresses either: behind a proxy all
    clients have the same one.
    """

    def __init__(self, token: str, read: Callable[[str], str] = str) -> None:
        """`read` returns the token that somebody means by what was typed."""
        self._token = token.encode()
        self._read = read
        self._turn = asyncio.Lock()
        self._waiting = 0

    async def verify(self, token: str) -> Verification:
        """Check a token; wrong ones are answered one after another, each after a pause."""
        if secrets.compare_digest(self._read(token).encode(errors="replace"), self._token):
            return Verification.RIGHT
        if self._waiting >= _MAX_WAITING:
            return Verification.TOO_MANY
        self._waiting += 1
        try:
            async with self._turn:
                await asyncio.sleep(_WRONG_EVERY_S)
        finally:
            self._waiting -= 1
        return Verification.WRONG
