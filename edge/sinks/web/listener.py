"""The listening socket of the live page, which the daemon opens and passes to the server's process.

A port in use is therefore reported when the daemon starts, and a request that comes while the process restarts waits
for a moment and is not refused.
"""

import socket
import ssl
from importlib.util import find_spec
from typing import Final

from edge.config import ConfigInvalid, WebConfig
from edge.libraries import LibraryMissing

LIBRARIES: Final = ("fastapi", "uvicorn", "websockets")
_SILENT_S: Final = 5
_BACKLOG: Final = 256  # a connection beyond these waits for a second or more
_BUFFER_BYTES: Final = 128 * 1024  # the kernel would keep megabytes for each client that does not read
_UNREAD_MS: Final = 20_000  # the kernel closes a connection whose sent data is not read for so long (tcp(7))


def listen(config: WebConfig) -> socket.socket:
    """Open the socket on the configured address and port. Raises ConfigInvalid, LibraryMissing."""
    missing = [name for name in LIBRARIES if find_spec(name) is None]
    if missing:
        raise LibraryMissing(f"[web] needs {', '.join(missing)}, not installed here; pip install 'ishara[web]'")
    _check_certificate(config)
    try:
        found = socket.getaddrinfo(config.address, config.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        listener = socket.socket(family, kind, protocol)
        # Allows the port of a server that has just stopped, although its connections may still be in TIME_WAIT.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # A connection on which nothing comes is not even accepted for so long.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, _SILENT_S)
        # Accepted connections inherit these.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNREAD_MS)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER_BYTES)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as error:
        keys = f"web.address {config.address}, web.port {config.port}"
        reason = error.strerror or error
        raise ConfigInvalid(
            f"{keys}: cannot be bound: {reason}; choose a free port and an address of this machine"
        ) from error
    return listener


def _check_certificate(config: WebConfig) -> None:
    """Load the certificate and its key once. Raises ConfigInvalid."""
    if config.certificate_file is None:
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(config.certificate_file, config.key_file)
    except OSError as error:  # the base class of ssl.SSLError
        files = " and ".join(str(path) for path in (config.certificate_file, config.key_file) if path is not None)
        raise ConfigInvalid(f"web.certificate_file: {files} cannot be used: {error.strerror or error}") from error
