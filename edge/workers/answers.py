"""What a companion answers the daemon, on its standard output."""

import os
import sys
import time
from typing import Final

from edge.workers.protocol import Alive, Message, encode

_ALIVE_EVERY_S: Final = 2.0


class Answers:
    """Tells the daemon; what libraries print must not come in between, so standard output becomes standard error."""

    def __init__(self) -> None:
        self._fd = os.dup(sys.stdout.fileno())
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        self._last = 0.0

    def tell(self, answer: Message) -> None:
        """Send an answer. Raises BrokenPipeError when the daemon is gone."""
        os.write(self._fd, encode(answer))
        self._last = time.monotonic()

    def show_life(self) -> None:
        """Send that the program runs, now and then."""
        if time.monotonic() - self._last > _ALIVE_EVERY_S:
            self.tell(Alive())
