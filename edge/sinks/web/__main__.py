"""The program that serves the live page, fed by the daemon on standard input until that ends.

`sink.py` starts it with one argument, the file descriptor of the listening socket. It replies on standard output.
"""

import asyncio
import os
import socket
import sys
from typing import Final

from edge.sinks.web.app import build_app
from edge.sinks.web.commands import RemoteCommands
from edge.sinks.web.event_hub import EventHub
from edge.sinks.web.message import MESSAGE_TYPES, CommandOutcome, Message, Ready, RequestedView, Settings
from edge.sinks.web.server import Server
from edge.sinks.web.visitors.protocol import LoadModel
from edge.sinks.web.visitors.visitors import Visitors
from edge.workers.channel import ReplyWriter, ignore_signals
from edge.workers.protocol import Decoder

_NICENESS: Final = 5  # whatever clients ask for, the recognition of the device's own camera comes first
_CHUNK_BYTES: Final = 1 << 16
_HEARTBEAT_CHECK_S: Final = 0.5
_SHUTDOWN_S: Final = 0.25


class MessageReader:
    """Reads the daemon's messages."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader
        self._decoder = Decoder(MESSAGE_TYPES)

    async def read_settings(self, hub: EventHub) -> Settings:
        """Return the settings once the hub can answer every request. Raises EOFError."""
        settings = None
        while settings is None or not hub.is_complete:
            for message in await self._read():
                if isinstance(message, Settings):
                    settings = message
                else:
                    hub.receive(message)
        return settings

    async def feed(self, hub: EventHub, commands: RemoteCommands) -> None:
        """Pass every message on to the hub, and the outcomes of commands. Raises EOFError at the end of the input."""
        while True:
            for message in await self._read():
                if isinstance(message, CommandOutcome):
                    commands.receive(message)
                else:
                    hub.receive(message)

    async def _read(self) -> list[Message]:
        chunk = await self._reader.read(_CHUNK_BYTES)
        if not chunk:
            raise EOFError
        return list(self._decoder.feed(chunk))


def main() -> int:
    """Serve until standard input ends, and return the exit code."""
    if len(sys.argv) != 2:
        print("this program is part of the daemon; configure [web] and the daemon starts it", file=sys.stderr)
        return 2
    os.nice(_NICENESS)
    ignore_signals()
    listener = socket.socket(fileno=int(sys.argv[1]))
    listener.set_inheritable(False)
    try:
        asyncio.run(_serve(listener, ReplyWriter()))
    except (BrokenPipeError, EOFError):  # the daemon is ending, or was killed
        return 0
    return 0


async def _serve(listener: socket.socket, replies: ReplyWriter) -> None:
    hub = EventHub(lambda view: replies.send(RequestedView(view)))
    stream = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stream), sys.stdin)
    reader = MessageReader(stream)
    settings = await reader.read_settings(hub)
    visitors = Visitors(settings.visitors)
    hub.on_model(
        lambda model: visitors.load_model(
            LoadModel(model.folder, model.threshold, model.labels, model.allowed, model.learned)
        )
    )
    commands = RemoteCommands(replies.send)
    app = build_app(settings, hub, visitors, commands)
    server = Server(app, lambda: replies.send(Ready()), certificate=settings.certificate, key=settings.key)
    serving = asyncio.create_task(server.serve([listener]))
    tasks = [serving, asyncio.create_task(reader.feed(hub, commands)), asyncio.create_task(_send_heartbeats(replies))]
    finished, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    server.stop()
    await asyncio.wait([serving, asyncio.create_task(visitors.close())], timeout=_SHUTDOWN_S)
    for task in finished:
        task.result()


async def _send_heartbeats(replies: ReplyWriter) -> None:
    while True:
        replies.send_heartbeat()
        await asyncio.sleep(_HEARTBEAT_CHECK_S)


if __name__ == "__main__":
    sys.exit(main())
