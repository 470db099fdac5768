"""The address of a network camera."""

import string
from dataclasses import dataclass, field
from typing import Final, Self
from urllib.parse import quote, unquote, urlsplit

from edge.config.source_name import is_host_certain, redact_source
from landmarkers.errors import UserError

DEFAULT_PORTS: Final = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443}
ESCAPES: Final = "inside a user name or password write @ as %40, / as %2F, ? as %3F, # as %23 and : as %3A"


class AddressInvalid(UserError):
    """An address that cannot be connected to; the message says why and how to write it."""


@dataclass(frozen=True, slots=True)
class NetworkAddress:
    """An address that can be connected to; `name` is all of it that may be shown."""

    name: str
    text: str = field(repr=False)
    """The whole address, as FFmpeg takes it."""
    scheme: str
    host: str
    port: int
    user: str | None = field(repr=False)
    password: str | None = field(repr=False)
    target: str = field(repr=False)
    """Path and query, as a request names them."""
    is_certain: bool
    """False if the address has an @ behind what was read as its host."""

    @property
    def is_encrypted(self) -> bool:
        """True if the camera is reached through TLS."""
        return self.scheme.endswith("s")

    @property
    def is_rtsp(self) -> bool:
        """True if the camera speaks RTSP, False if it speaks HTTP."""
        return self.scheme.startswith("rtsp")

    @classmethod
    def parse(cls, source: str) -> Self | None:
        """Read an address as FFmpeg does; return None for a source of another kind. Raises AddressInvalid."""
        scheme, separator, rest = source.strip().partition("://")
        scheme = scheme.lower()
        if not separator or scheme not in DEFAULT_PORTS:
            return None
        name, text = redact_source(source), f"{scheme}://{rest}"
        if not text.isprintable():
            raise AddressInvalid(f"the camera's address {name} has a character that no address has")
        try:
            parts = urlsplit(text)
            host, port = parts.hostname, parts.port or DEFAULT_PORTS[scheme]
        except ValueError:  # not chained: its message holds a part of the address
            raise AddressInvalid(f"the camera's address {name} has no valid host and port; {ESCAPES}") from None
        if not host:
            raise AddressInvalid(f"the camera's address {name} names no host; write it as {scheme}://HOST/PATH")
        return cls(
            name,
            text,
            scheme,
            host,
            port,
            None if parts.username is None else unquote(parts.username),
            None if parts.password is None else unquote(parts.password),
            quote(rest[len(parts.netloc) :] or "/", safe=string.punctuation),
            is_host_certain(rest),
        )
