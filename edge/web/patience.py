"""How long who showed wrong tokens must wait before the next one is looked at."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

_FREE: Final = 5
_LONGEST_S: Final = 10.0
_FORGET_S: Final = 600.0
_REMEMBERED: Final = 1000


class Patience:
    """Counts wrong tokens by the address that they came from; of many addresses the newest."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._wrong: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def wait_s(self, client: str) -> float:
        """How many whole seconds it has to wait; 0 when a token of its is looked at now.

        A few are free, then the time doubles with each. It must be asked before a right token is told from a wrong one:
        who is answered sooner when it is right would need no answer when it is wrong.
        """
        count, at = self._wrong.get(client, (0, 0.0))
        if count < _FREE:
            return 0.0
        return max(0, math.ceil(at + min(2.0 ** (count - _FREE), _LONGEST_S) - self._clock()))

    def lose(self, client: str) -> None:
        """A wrong token came from there."""
        count, at = self._wrong.pop(client, (0, 0.0))
        is_old = self._clock() - at > _FORGET_S
        self._wrong[client] = (1 if is_old else count + 1, self._clock())
        while len(self._wrong) > _REMEMBERED:
            self._wrong.popitem(last=False)
