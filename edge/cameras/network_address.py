"""The address of a network camera."""

import string
from dataclasses import dataclass, field, replace
from typing import Final, Self
from urllib.parse import quote, unquote, urlsplit

from edge.redaction import is_host_certain, redact_source
from landmarkers.errors import UserError

_DEFAULT_PORTS: Final = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443}
_SAFE_IN_LOGIN: Final = "!$&'()*+,;="  # of RFC 3986; FFmpeg keeps 127 characters of a login, so that few are escaped
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

    def with_login(self, user: str | None, password: str | None) -> Self:
        """Return the address with a user name and password where it holds none. Raises AddressInvalid."""
        user = user if self.user is None else self.user
        password = password if self.password is None else self.password
        if (user, password) == (self.user, self.password):
            return self
        if user is None:
            raise AddressInvalid(
                f"the camera at {self.name} needs a user name beside its password; write it as username in [camera]"
            )
        netloc = urlsplit(self.text).netloc
        login = ":".join(quote(part, safe=_SAFE_IN_LOGIN) for part in (user, password or ""))
        host = netloc.rpartition("@")[2]
        text = self.text.replace(f"://{netloc}", f"://{login}@{host}", 1)
        return replace(self, text=text, user=user, password=password)

    @classmethod
    def parse(cls, source: str) -> Self | None:
        """Read an address as FFmpeg does; return None for a source of another kind. Raises AddressInvalid."""
        scheme, separator, rest = source.strip().partition("://")
        scheme = scheme.lower()
        if not separator or scheme not in _DEFAULT_PORTS:
            return None
        name, text = redact_source(source), f"{scheme}://{rest}"
        if not text.isprintable():
            raise AddressInvalid(f"the camera's address {name} has a character that no address has")
        try:
            parts = urlsplit(text)
            host, port = parts.hostname, parts.port or _DEFAULT_PORTS[scheme]
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
