"""A stand-in for the service manager: the socket to which the daemon sends notifications."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.edge.waiting import wait_until


class ServiceManager:
    """Records notifications, datagram by datagram."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.messages: list[dict[str, str]] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def values(self, name: str) -> list[str]:
        """Return the values of one variable, in order."""
        return [message[name] for message in list(self.messages) if name in message]

    def wait_for(self, name: str, text: str, after: int = 0) -> None:
        """Wait until a message, after the first so many, holds this text in a variable."""
        wait_until(lambda: any(text in message.get(name, "") for message in self.messages[after:]), f"{name}=…{text}…")

    def close(self) -> None:
        """Stop listening."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()

    def _listen(self) -> None:
        while datagram := self._socket.recv(4096):
            self.messages.append(dict(line.split("=", 1) for line in datagram.decode().splitlines()))


@contextmanager
def managing(folder: Path) -> Iterator[ServiceManager]:
    """Run a service manager inside the context."""
    manager = ServiceManager(folder / "notify")
    try:
        yield manager
    finally:
        manager.close()
