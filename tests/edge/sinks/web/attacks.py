"""Attacks on the live page, each by a process of its own: `python -m tests.edge.sinks.web.attacks NAME PORT`.

An attack holds many connections at once, and opens another one for each that the server closes.
"""

import argparse
import asyncio
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from tests.edge.sinks.web.client import TOKEN

_HOST: Final = "Host: 127.0.0.1\r\n"
_AUTHORISED: Final = f"{_HOST}Authorization: Bearer {TOKEN}\r\n"
_UPGRADE: Final = (
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)
_BETWEEN_S: Final = 0.002  # two connections
_RETRY_S: Final = 0.02
_STARTED: Final = "attacking"


@dataclass(frozen=True, slots=True)
class Attack:
    """The behaviour of each connection, and their number."""

    request: str
    connections: int = 250
    drip: bytes = b""
    """Is sent every `every_s` seconds."""
    every_s: float = 1.0
    reads: bool = True
    """False for a client that reads a byte every `every_s` seconds, and has a small buffer."""
    begins_tls: bool = True


ATTACKS: Final = {
    "nothing": Attack("", connections=1100, begins_tls=False),
    "half headers": Attack("GET /live-signs HTTP/1.1\r\nHost:"),
    "half a second request": Attack(f"GET /live-signs HTTP/1.1\r\n{_HOST}\r\nGET /live-signs HTTP/1.1\r\nHost:"),
    "headers byte by byte": Attack("GET /live-signs HTTP/1.1\r\nX: ", drip=b"x"),
    "half a body": Attack(f"POST /login HTTP/1.1\r\n{_HOST}Content-Length: 2000\r\n\r\ntoken=", drip=b"x"),
    "half a body with the token": Attack(
        f"POST /health HTTP/1.1\r\n{_AUTHORISED}Content-Length: 2000\r\n\r\nx", drip=b"x"
    ),
    "many requests": Attack(f"GET /live-signs HTTP/1.1\r\n{_HOST}\r\n" * 20, connections=20, every_s=0.05),
    "slow readers of events": Attack(f"GET /api/events HTTP/1.1\r\n{_AUTHORISED}\r\n", reads=False),
    "slow readers of words": Attack(f"GET /api/words HTTP/1.1\r\n{_AUTHORISED}\r\n" * 20, reads=False),
    "views that are not read": Attack(f"GET /api/view?with=picture HTTP/1.1\r\n{_AUTHORISED}{_UPGRADE}", reads=False),
    "visitors of four bytes": Attack(
        f"GET /live-signs HTTP/1.1\r\n{_AUTHORISED}{_UPGRADE}",
        connections=20,
        drip=b"\x82\x84" + bytes(4) + b"four",
        every_s=14.0,
    ),
}


@contextmanager
def attacking(name: str, port: int, *, source: str = "127.0.0.1", tls: bool = False) -> Iterator[None]:
    """Attack a port meanwhile, from this address."""
    command = [
        sys.executable,
        "-m",
        "tests.edge.sinks.web.attacks",
        name,
        str(port),
        source,
        *(["--tls"] if tls else []),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline().strip() == _STARTED
            yield
        finally:
            process.kill()


class _Attacker:
    """Holds the connections of one attack."""

    def __init__(self, attack: Attack, port: int, source: str, *, tls: bool) -> None:
        self._attack, self._port, self._source = attack, port, source
        self._context = ssl._create_unverified_context() if tls and attack.begins_tls else None

    async def hold(self, number: int) -> None:
        """Hold one connection for ever, or another one after it."""
        await asyncio.sleep(number * _BETWEEN_S)
        while True:
            try:
                await self._hold_once()
            except (OSError, asyncio.IncompleteReadError):
                await asyncio.sleep(_RETRY_S)

    async def _hold_once(self) -> None:
        raw = socket.socket()
        raw.settimeout(0.0)
        if not self._attack.reads:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)  # before it connects, or its window grows
        raw.bind((self._source, 0))
        await asyncio.get_running_loop().sock_connect(raw, ("127.0.0.1", self._port))
        name = None if self._context is None else "127.0.0.1"
        limit = 1 << 16 if self._attack.reads else 1
        reader, writer = await asyncio.open_connection(sock=raw, ssl=self._context, server_hostname=name, limit=limit)
        try:
            writer.write(self._attack.request.encode())
            while True:
                await self._read(reader)
                writer.write(self._attack.drip)
                await writer.drain()
        finally:
            writer.transport.abort()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        """Read for a while. Raises IncompleteReadError when the server has closed the connection."""
        if not self._attack.reads:
            await asyncio.sleep(self._attack.every_s)
            await reader.readexactly(1)
            return
        try:
            async with asyncio.timeout(self._attack.every_s):
                while await reader.read(1 << 16):
                    pass
        except TimeoutError:
            return
        raise asyncio.IncompleteReadError(b"", 1)


async def _run(attack: Attack, port: int, source: str, *, tls: bool) -> None:
    attacker = _Attacker(attack, port, source, tls=tls)
    holding = [asyncio.create_task(attacker.hold(number)) for number in range(attack.connections)]
    await asyncio.sleep(1.0)
    print(_STARTED, flush=True)
    await asyncio.gather(*holding)


def main() -> None:
    """Attack until the process is killed."""
    parser = argparse.ArgumentParser(prog="tests.edge.sinks.web.attacks", description=__doc__)
    parser.add_argument("name", choices=ATTACKS)
    parser.add_argument("port", type=int)
    parser.add_argument("source", nargs="?", default="127.0.0.1")
    parser.add_argument("--tls", action="store_true")
    options = parser.parse_args()
    asyncio.run(_run(ATTACKS[options.name], options.port, options.source, tls=options.tls))


if __name__ == "__main__":
    main()
