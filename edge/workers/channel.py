"""The worker's end of the pipes: messages from the parent on standard input, replies on standard output."""

import os
import signal
import sys
import time
from collections.abc import Iterable, Iterator
from typing import Final

from edge.workers.protocol import Decoder, Heartbeat, M, Message, encode

_HEARTBEAT_EVERY_S: Final = 2.0
_READ_BYTES: Final = 1 << 16


class ReplyWriter:
    """Sends replies to the parent.

    What libraries print must not come between the replies, so standard output becomes standard error.
    """

    def __init__(self) -> None:
        self._fd = os.dup(sys.stdout.fileno())
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        self._sent_at = 0.0

    def send(self, reply: Message) -> None:
        """Send a reply. Raises BrokenPipeError when the parent is gone."""
        content = memoryview(encode(reply))
        while content:
            content = content[os.write(self._fd, content) :]
        self._sent_at = time.monotonic()

    def send_heartbeat(self) -> None:
        """Send a heartbeat if nothing was sent for a while; call it often."""
        if time.monotonic() - self._sent_at > _HEARTBEAT_EVERY_S:
            self.send(Heartbeat())


def receive(kinds: Iterable[type[M]]) -> Iterator[M]:
    """Yield the messages of these kinds, waiting for each, until standard input ends. Raises ProtocolError."""
    decoder = Decoder(kinds)
    while content := os.read(sys.stdin.fileno(), _READ_BYTES):
        yield from decoder.feed(content)


def ignore_signals() -> None:
    """Ignore SIGINT and SIGTERM.

    Ctrl-C and the end of a service reach parent and worker alike; a worker ends when its standard input does.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
