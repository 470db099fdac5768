"""Free local ports."""

import socket
from typing import Final

_LOOPBACK: Final = "127.0.0.1"


def find_free_port(preferred: int = 0, address: str = _LOOPBACK) -> int:
    """Return the preferred port if it is free, otherwise any free one."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, preferred))
        except OSError:
            probe.bind((address, 0))
        port: int = probe.getsockname()[1]
    return port
