"""The names and addresses by which other machines on the network reach this one."""

import fcntl
import re
import socket
import struct
from ipaddress import ip_address
from typing import Final

from edge.sinks.mqtt.page_url import outward_address

_SIOCGIFADDR: Final = 0x8915  # netdevice(7)
_NAME_BYTES: Final = 256
_ADDRESS: Final = slice(20, 24)
_NOT_OF_THE_NETWORK: Final = ("lo", "docker", "br-", "veth", "virbr", "podman", "cni")
_FALLBACK: Final = "ishara"


def host_name() -> str:
    """Return this machine's name as a device may have it: letters, digits and hyphens, at most 63."""
    name = re.sub(r"[^A-Za-z0-9-]+", "-", socket.gethostname().partition(".")[0]).lstrip("-")[:63].rstrip("-")
    return name if name and name != "localhost" else _FALLBACK


def own_addresses() -> list[str]:
    """Return this machine's IPv4 addresses on networks, the one that leads to other networks first."""
    found = [address for _, name in socket.if_nameindex() if (address := _address_of(name)) is not None]
    routed = outward_address()
    return [routed, *(one for one in found if one != routed)] if routed in found else found


def _address_of(interface: str) -> str | None:
    """Return the address of an interface; None if it has none, or leads to containers or to this machine alone."""
    if interface.startswith(_NOT_OF_THE_NETWORK):
        return None
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            answer = fcntl.ioctl(probe, _SIOCGIFADDR, struct.pack(f"{_NAME_BYTES}s", interface.encode()[:15]))
        except OSError:
            return None
    return str(ip_address(answer[_ADDRESS]))
