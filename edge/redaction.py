"""Redaction of sources of frames: the address of a network camera may hold a password anywhere, so little is shown."""

import re
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from landmarkers.numbers import is_number

_LOCAL_KINDS: Final = ("take:", "v4l2:")
# Also what was meant as an address: with a typing error, in quotes, or with one slash, as a path writes it. In letters
# of all scripts, so that more is hidden.
_SCHEMES: Final = (
    re.compile(r"""[\s'"]*(?P<scheme>[a-z][a-z0-9+.-]{0,30}):[/\\]{1,2}""", re.IGNORECASE | re.UNICODE),
    re.compile(r"""[\s'"]*(?P<scheme>(?:rtsp|http)s?)(?:[:;]|//)[/\\]{0,2}""", re.IGNORECASE | re.UNICODE),
    re.compile(r".*?(?<![a-z0-9_])(?P<scheme>[a-z][a-z0-9+.-]{0,30})://", re.IGNORECASE | re.DOTALL | re.UNICODE),
    # user:password@host, host:554/path
    re.compile(r"(?P<scheme>)(?://)?(?=[^/\\.@][^@/\\:]*:[^@]*@|[\w.-]+:\d+[/?])", re.UNICODE),
)
_END_OF_HOST: Final = re.compile(r"[/\\?#]")
_HOST: Final = re.compile(r"(?:[\w.-]+|\[[\w.:%]+\])(?::\d{1,5})?", re.ASCII)
_HIDDEN: Final = "***"
_MAX_BITS: Final = 64
_MAX_CHARACTERS: Final = 200


def redact_source(name: str) -> str:
    """Return the scheme, host and port of a network camera's address, and any other source as it is.

    A user name or password that is not escaped may hold every separator of an address. Where it is not certain which
    part is the host, nothing is shown but the scheme.
    """
    kind = next((kind for kind in _LOCAL_KINDS if name.startswith(kind)), "")
    rest = name.removeprefix(kind)
    for pattern in _SCHEMES:
        if match := pattern.match(rest):
            separator = "://" if match["scheme"] else ""
            return f"{kind}{match['scheme'].lower()}{separator}{_find_host(rest[match.end() :]) or _HIDDEN}"
    return name


def is_host_certain(rest: str) -> bool:
    """Return True if no separator in what follows the scheme can be part of a user name or password."""
    return "@" not in rest[len(_authority(rest)) :]


def show_value(value: object) -> str:
    """Return what follows a sentence about a value that is refused: the value itself if it is short and not secret."""
    if isinstance(value, str):
        value = redact_source(value)
    is_long = isinstance(value, int) and value.bit_length() > _MAX_BITS  # Python refuses to print thousands of digits
    text = "" if is_long or isinstance(value, dict | list | tuple) else repr(value)
    return f", not {text}" if 0 < len(text) <= _MAX_CHARACTERS else ""


def _authority(rest: str) -> str:
    return _END_OF_HOST.split(rest, maxsplit=1)[0]


def _find_host(rest: str) -> str:
    """Return host and port of an address without its scheme; an empty text if they are uncertain."""
    first, last = _authority(rest).rpartition("@")[2], _authority(rest.rpartition("@")[2])
    if is_host_certain(rest):
        host = first
    elif numeric := [host for host in (first, last) if _is_numeric(host)]:
        host = numeric[0]
    elif "@" in _authority(rest):
        host = ""  # user:pass@host/path@… or user:pa@ss/word@host
    elif is_number(first.rpartition(":")[2]) or ":" not in first:
        host = first.partition(":")[0]  # host:554/path@…, or a user name and the beginning of a password
    else:
        host = last  # user:pa/ss@host
    return host if _HOST.fullmatch(host) else ""


def _is_numeric(host: str) -> bool:
    """Return True if the host is an IP address, which no part of a password looks like."""
    try:
        return ip_address(urlsplit(f"//{host}").hostname or "") is not None
    except ValueError:
        return False
