"""The program that serves the live page: told everything on standard input until that ends, answers on standard output.

It is started by `sink.py`, with the number of the socket on which it is asked as its one argument.
"""

import asyncio
import signal
import socket
import sys
from pathlib import Path
from typing import Final

from edge.sinks.web.app import build
from edge.sinks.web.event_hub import EventHub
from edge.sinks.web.message import MESSAGE_TYPES, Message, Ready, RequestedView, Settings
from edge.sinks.web.server import Server
from edge.sinks.web.visitors.visitors import Visitors
from edge.workers.answers import Answers
from edge.workers.protocol import Decoder

_PIECE: Final = 1 << 16
_TICK_S: Final = 0.5
_LEAVE_S: Final = 0.25


class Line:
    """What the daemon tells."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader
        self._decoder = Decoder(MESSAGE_TYPES)

    async def settings(self, feed: EventHub) -> Settings:
        """What is to be served, once the feed has an answer to whatever may be asked. Raises EOFError."""
        settings = None
        while settings is None or not feed.is_whole:
            for message in await self._hear():
                if isinstance(message, Settings):
                    settings = message
                else:
                    feed.take(message)
        return settings

    async def follow(self, feed: EventHub) -> None:
        """Give the feed what comes. Raises EOFError at the end."""
        while True:
            for message in await self._hear():
                feed.take(message)

    async def _hear(self) -> list[Message]:
        piece = await self._reader.read(_PIECE)
        if not piece:
            raise EOFError
        return list(self._decoder.feed(piece))


def main() -> int:
    """Serve until standard input ends; returns the exit code."""
    if len(sys.argv) != 2:
        print("this is the daemon's program for its live page; [web] in the configuration starts it", file=sys.stderr)
        return 2
    # Ctrl-C and a service's end reach the daemon and this program alike; this one ends when its input does.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    listener = socket.socket(fileno=int(sys.argv[1]))
    listener.set_inheritable(False)
    try:
        asyncio.run(_serve(listener, Answers()))
    except (BrokenPipeError, EOFError):  # the daemon leaves, or is gone
        return 0
    return 0


async def _serve(listener: socket.socket, answers: Answers) -> None:
    feed = EventHub(lambda view: answers.tell(RequestedView(view)))
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    line = Line(reader)
    settings = await line.settings(feed)
    visitors = Visitors(settings.visitors)
    feed.hand_model_to(lambda reads: visitors.load_model(Path(reads.folder), reads.threshold))
    app = build(settings, feed, visitors)
    server = Server(app, lambda: answers.tell(Ready()), certificate=settings.certificate, key=settings.key)
    serving = asyncio.create_task(server.serve([listener]))
    tasks = [serving, asyncio.create_task(line.follow(feed)), asyncio.create_task(_show_life(answers))]
    ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    server.end()
    await asyncio.wait([serving, asyncio.create_task(visitors.close())], timeout=_LEAVE_S)
    for task in ended:
        task.result()


async def _show_life(answers: Answers) -> None:
    while True:
        answers.show_life()
        await asyncio.sleep(_TICK_S)


if __name__ == "__main__":
    sys.exit(main())
