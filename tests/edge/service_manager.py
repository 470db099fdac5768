"""A service manager's ear: the socket to which the daemon tells how it is doing."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.edge.waiting import wait_until


class ServiceManager:
    """Remembers what it is told, datagram by datagram."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.told: list[dict[str, str]] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def values(self, name: str) -> list[str]:
        """What was told of one variable, in order."""
        return [lines[name] for lines in list(self.told) if name in lines]

    def wait_for(self, name: str, text: str, after: int = 0) -> None:
        """Wait until a datagram, of those after the first so many, tells this text of a variable."""
        wait_until(lambda: any(text in lines.get(name, "") for lines in self.told[after:]), f"{name}=…{text}…")

    def close(self) -> None:
        """Listen no more."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()

    def _listen(self) -> None:
        while datagram := self._socket.recv(4096):
            self.told.append(dict(line.split("=", 1) for line in datagram.decode().splitlines()))


@contextmanager
def managing(folder: Path) -> Iterator[ServiceManager]:
    """A service manager while inside."""
    manager = ServiceManager(folder / "notify")
    try:
        yield manager
    finally:
        manager.close()
