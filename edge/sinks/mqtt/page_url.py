"""The address of the live page, as another machine opens it."""

import socket
from contextlib import suppress
from ipaddress import ip_address

from edge.config import WebConfig

_ELSEWHERE = "192.0.2.1"  # of nobody (RFC 5737); nothing is sent there


def page_url(config: WebConfig | None, local_address: str | None) -> str | None:
    """Return the address of the page; None where other machines do not reach it.

    A page that listens on all addresses has that of the network by which this machine reaches its broker,
    `local_address`, or the rest of the world where the broker is this machine itself.
    """
    if config is None or config.is_local:
        return None
    host: str | None = config.address
    if _is_wildcard(config.address):
        is_usable = local_address is not None and not ip_address(local_address.partition("%")[0]).is_loopback
        host = local_address if is_usable else outward_address()
    return None if host is None else config.model_copy(update={"address": host.partition("%")[0]}).url


def _is_wildcard(address: str) -> bool:
    try:
        return ip_address(address).is_unspecified
    except ValueError:
        return False


def outward_address() -> str | None:
    """Return the address from which this machine would send elsewhere; None without a network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, suppress(OSError):
        probe.connect((_ELSEWHERE, 9))
        return str(probe.getsockname()[0])
    return None
