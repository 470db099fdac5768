"""The places for visitors, by turn: who has had one for long enough gives it to the next who comes.

How long is enough depends on the networks: one that has more places than another leaves its own sooner. So nobody can
keep all of them, and those behind one address still get their turns.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

TURN_S: Final = 60.0
"""A visitor keeps the place for so long, although others come."""

_SHARED_TURN_S: Final = 10.0  # of a network that has at least two places more than the newcomer's
_SAME_TURN_S: Final = 120.0  # of a network that has no more places than the newcomer's


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """The place of one visitor."""

    network: str
    end_turn: Callable[[], None]
    """Called when the place is given to somebody else."""
    taken_at: float


class PlacesTaken(Exception):
    """All places are taken, and nobody's turn is over."""


class Places:
    """The places of all visitors."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._taken: dict[Place, None] = {}  # in the order in which they were taken

    @property
    def taken_count(self) -> int:
        """The number of visitors who have a place."""
        return len(self._taken)

    @contextmanager
    def take(self, network: str, end_turn: Callable[[], None]) -> Iterator[None]:
        """Take a place, if need be of a visitor whose turn is over. Raises PlacesTaken."""
        if len(self._taken) >= self._limit:
            self._end_turn(network)
        place = Place(network, end_turn, time.monotonic())
        self._taken[place] = None
        try:
            yield
        finally:
            self._taken.pop(place, None)

    def _end_turn(self, newcomer: str) -> None:
        counts, now = Counter(place.network for place in self._taken), time.monotonic()
        over = [
            place for place in self._taken if now - place.taken_at >= _turn_s(counts[place.network] - counts[newcomer])
        ]
        if not over:
            raise PlacesTaken
        loser = min(over, key=lambda place: (-counts[place.network], place.taken_at))
        del self._taken[loser]
        loser.end_turn()


def _turn_s(surplus: int) -> float:
    """Return how long a visitor keeps the place whose network has so many more than the newcomer's."""
    if surplus > 1:
        return _SHARED_TURN_S
    return TURN_S if surplus == 1 else _SAME_TURN_S
