"""Local TCP ports, as Linux tells of them (https://docs.kernel.org/networking/proc_net_tcp.html)."""

import socket
from pathlib import Path

_ASKED, _LISTENING = "02", "0A"


def free_port() -> int:
    """A local port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_listening(port: int) -> bool:
    """Whether somebody listens there; unlike an attempt to connect, asking this is not noticed."""
    return any(state == _LISTENING and local == port for local, _, state in _sockets())


def is_asked(port: int) -> bool:
    """Whether somebody wants to connect there and has got no answer yet."""
    return any(state == _ASKED and remote == port for _, remote, state in _sockets())


def _sockets() -> list[tuple[int, int, str]]:
    """Local port, remote port and state of every socket."""
    rows = [row.split()[1:4] for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return [(int(local[-4:], 16), int(remote[-4:], 16), state) for local, remote, state in rows]
