"""Local TCP ports, as Linux reports them (https://docs.kernel.org/networking/proc_net_tcp.html)."""

import socket
from pathlib import Path

_SYN_SENT, _LISTENING = "02", "0A"


def free_port() -> int:
    """Return a local port on which no program listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_listening(port: int) -> bool:
    """Return True if a program listens there; unlike a connection, this is not noticed by it."""
    return any(state == _LISTENING and local == port for local, _, state in _sockets())


def is_asked(port: int) -> bool:
    """Return True if a connection there waits for its answer."""
    return any(state == _SYN_SENT and remote == port for _, remote, state in _sockets())


def _sockets() -> list[tuple[int, int, str]]:
    """Return local port, remote port and state of every socket."""
    rows = [row.split()[1:4] for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return [(int(local[-4:], 16), int(remote[-4:], 16), state) for local, remote, state in rows]
