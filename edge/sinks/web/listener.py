"""The socket on which the live page is asked for, held by the daemon and lent to the program that answers there.

So a port that is taken is told at the start, and who asks while the program is started again waits for a moment instead
of being turned away.
"""

import socket
import ssl
from importlib.util import find_spec
from typing import Final

from edge.cameras.camera import LibraryMissing
from edge.config import ConfigInvalid, WebConfig

LIBRARIES: Final = ("fastapi", "uvicorn", "websockets")
_BACKLOG: Final = 64
_UNREAD_MS: Final = 20_000  # who does not take for so long what was sent is let go, by the kernel (tcp(7))


def listen(config: WebConfig) -> socket.socket:
    """Listen where the page is to be. Raises ConfigInvalid, LibraryMissing."""
    absent = [name for name in LIBRARIES if find_spec(name) is None]
    if absent:
        raise LibraryMissing(f"[web] needs {', '.join(absent)}, not installed here; pip install 'ishara[web]'")
    _prove_certificate(config)
    try:
        found = socket.getaddrinfo(config.address, config.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        listener = socket.socket(family, kind, protocol)
        # The port of a page that has just ended is free although its connections may still be waiting for their end.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNREAD_MS)  # those it accepts inherit it
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as error:
        where = f"web.address {config.address}, web.port {config.port}"
        raise ConfigInvalid(f"{where}: nobody can listen there: {error.strerror or error}") from error
    return listener


def _prove_certificate(config: WebConfig) -> None:
    if config.certificate_file is None:
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(config.certificate_file, config.key_file)
    except OSError as error:  # ssl.SSLError is one
        files = " and ".join(str(path) for path in (config.certificate_file, config.key_file) if path is not None)
        raise ConfigInvalid(f"web.certificate_file: {files} cannot be used: {error.strerror or error}") from error
