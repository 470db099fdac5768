"""Requests to the live page as a client on this machine sends them: through the configured address, and with TLS."""

import ssl
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from typing import Final

from edge.config import WebConfig

_LOOPBACK: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # keys to look up, no address is bound


@contextmanager
def ask_page(
    config: WebConfig, path: str, *, timeout_s: float, headers: Mapping[str, str] | None = None
) -> Iterator[HTTPResponse]:
    """Yield the response to a GET. Raises OSError, HTTPException."""
    host = _LOOPBACK.get(config.address, config.address)
    if config.certificate_file is None:
        connection = HTTPConnection(host, config.port, timeout=timeout_s)
    else:  # the certificate is for the name that other machines use, and may be signed by itself
        context = ssl._create_unverified_context()  # noqa: S323, SLF001
        connection = HTTPSConnection(host, config.port, timeout=timeout_s, context=context)
    with closing(connection):
        connection.request("GET", path, headers=headers or {})
        yield connection.getresponse()
