"""The program that serves the live page: told everything on standard input until that ends, answers on standard output.

It is started by `sink.py`, with the number of the socket on which it is asked as its one argument.
"""

import asyncio
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from edge.companion.answers import Answers
from edge.companion.message import Decoder
from edge.web.app import build
from edge.web.feed import Feed
from edge.web.message import MESSAGES, Message, Ready, Settings, Watching
from edge.web.visitors.visitors import SERVER_OPTIONS, Visitors

_PIECE: Final = 1 << 16
_TICK_S: Final = 0.5
_LEAVE_S: Final = 0.25
_MOST_CONNECTIONS: Final = 200


class Server(uvicorn.Server):
    """Serves until the daemon wants it no more, whatever signals come: Ctrl-C reaches the daemon as well."""

    def __init__(self, config: uvicorn.Config, answers: Answers) -> None:
        super().__init__(config)
        self._answers = answers

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to whoever began."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and tell the daemon so."""
        await super().startup(sockets)
        self._answers.tell(Ready())


class Line:
    """What the daemon tells."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader
        self._decoder = Decoder(MESSAGES)

    async def settings(self, feed: Feed) -> Settings:
        """What is to be served, once the feed has an answer to whatever may be asked. Raises EOFError."""
        settings = None
        while settings is None or not feed.is_whole:
            for message in await self._hear():
                if isinstance(message, Settings):
                    settings = message
                else:
                    feed.take(message)
        return settings

    async def follow(self, feed: Feed) -> None:
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
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    listener = socket.socket(fileno=int(sys.argv[1]))
    listener.set_inheritable(False)
    try:
        asyncio.run(_serve(listener, Answers()))
    except (BrokenPipeError, EOFError):  # the daemon leaves, or is gone
        return 0
    return 0


async def _serve(listener: socket.socket, answers: Answers) -> None:
    feed = Feed(lambda view: answers.tell(Watching(view)))
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    line = Line(reader)
    settings = await line.settings(feed)
    visitors = Visitors(settings.visitors)
    feed.hand_model_to(lambda reads: visitors.take_up(Path(reads.folder), reads.threshold))
    server = Server(_config(build(settings, feed, visitors), settings), answers)
    serving = asyncio.create_task(server.serve([listener]))
    tasks = [serving, asyncio.create_task(line.follow(feed)), asyncio.create_task(_show_life(answers))]
    ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = server.force_exit = True
    await asyncio.wait([serving, asyncio.create_task(visitors.close())], timeout=_LEAVE_S)
    for task in ended:
        task.result()


async def _show_life(answers: Answers) -> None:
    while True:
        answers.show_life()
        await asyncio.sleep(_TICK_S)


def _config(app: ASGIApp, settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http="h11",
        ws="websockets-sansio",
        lifespan="off",
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        headers=[("Server", "ishara")],
        limit_concurrency=_MOST_CONNECTIONS,
        ssl_certfile=settings.certificate,
        ssl_keyfile=settings.key,
        **SERVER_OPTIONS,
    )


if __name__ == "__main__":
    sys.exit(main())
