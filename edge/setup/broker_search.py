"""Searches the network for brokers by what they announce (mDNS, RFC 6762 and 6763), and this machine for one.

Nothing is asked of anybody who does not announce themselves, but for one connection to a Home Assistant that was found:
whether a broker is at its host too.
"""

import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from time import sleep
from typing import Final

from pydantic import TypeAdapter
from zeroconf import ServiceBrowser, ServiceInfo, ServiceStateChange, Zeroconf

from edge.setup.state import FoundBroker
from landmarkers.plain_text import one_line

FOUND: Final = TypeAdapter(tuple[FoundBroker, ...])

SEARCH_S: Final = 4.0
"""The time for which announcements are collected; a second question follows the first after one second."""
_INFO_MS: Final = 1500
_CONNECT_S: Final = 1.0
_RESOLVE_S: Final = 3.0
_MAX_FOUND: Final = 20
_MAX_NAME: Final = 60
_PLAIN_PORT: Final = 1883
_PLAIN: Final = "_mqtt._tcp.local."
_TLS: Final = "_secure-mqtt._tcp.local."
_HOME_ASSISTANT: Final = "_home-assistant._tcp.local."
_HOST_CHARACTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.-")


def search_brokers(search_s: float = SEARCH_S) -> tuple[FoundBroker, ...]:
    """Return the brokers that announce themselves, then those that may be there: none is a normal answer."""
    services = _listen(search_s)
    with ThreadPoolExecutor(8) as threads:
        found = [one for one in threads.map(_broker, services[:_MAX_FOUND]) if one is not None]
    if _listens("127.0.0.1", _PLAIN_PORT):
        found.append(FoundBroker(name="localhost", host="localhost", port=_PLAIN_PORT, tls=False, is_guess=True))
    announced = {broker.host for broker in found if not broker.is_guess}
    found = [broker for broker in found if not broker.is_guess or broker.host not in announced]
    unique = {(broker.host, broker.port): broker for broker in reversed(found)}
    return tuple(sorted(unique.values(), key=lambda broker: (broker.is_guess, broker.name, broker.port)))


def _listen(search_s: float) -> list[ServiceInfo]:
    """Return the services that answer."""
    names: dict[str, str] = {}

    def note(*, service_type: str, name: str, state_change: ServiceStateChange, **_rest: object) -> None:
        if state_change is ServiceStateChange.Added and len(names) < _MAX_FOUND:
            names[name] = service_type

    try:
        zeroconf = Zeroconf()
    except OSError:  # without a network
        return []
    try:
        browser = ServiceBrowser(zeroconf, [_PLAIN, _TLS, _HOME_ASSISTANT], handlers=[note])
        sleep(search_s)
        browser.cancel()
        infos = (zeroconf.get_service_info(kind, name, _INFO_MS) for name, kind in list(names.items()))
        return [info for info in infos if info is not None]
    finally:
        zeroconf.close()


def _broker(info: ServiceInfo) -> FoundBroker | None:
    """Return the broker of a service; None of a Home Assistant at whose host none listens."""
    addresses = [address for address in info.parsed_addresses() if not address.startswith("fe80:")]
    host = _reachable_name(info.server or "", addresses)
    is_guess = info.type == _HOME_ASSISTANT
    port = _PLAIN_PORT if is_guess else info.port
    if host is None or not port or (is_guess and not _listens(host, port)):
        return None
    name = one_line(info.get_name(), _MAX_NAME) or host
    return FoundBroker(name=name, host=host, port=port, tls=info.type == _TLS, is_guess=is_guess)


def _reachable_name(server: str, addresses: list[str]) -> str | None:
    """Return the name of a server if this machine can resolve it, so that a new address does no harm, else its address.

    Names that end in `.local` are resolved only where nss-mdns is installed.
    """
    name = server.rstrip(".").lower()
    is_name = name != "" and set(name) <= _HOST_CHARACTERS
    if is_name and _resolves(name):
        return name
    return next(iter(addresses), None)


def _resolves(name: str) -> bool:
    # Not with a timeout of its own: this process ends soon, whatever hangs in it.
    thread = ThreadPoolExecutor(1)
    lookup = thread.submit(socket.getaddrinfo, name, None)
    thread.shutdown(wait=False)
    try:
        return bool(lookup.result(_RESOLVE_S))
    except (OSError, UnicodeError, TimeoutError):
        return False


def _listens(host: str, port: int) -> bool:
    with suppress(OSError), socket.create_connection((host, port), _CONNECT_S):
        return True
    return False
