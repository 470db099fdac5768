"""The places for connections: a new one always gets a place, and where all are taken another one is closed for it.

Trusted connections and all others have places of their own, so that nobody without the token can take the place of
somebody with it. The network with the most connections loses one. There is no fixed limit for a network, since behind
a proxy all clients have one address.
"""

import asyncio
import random
from collections import defaultdict
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

MAX_TRUSTED: Final = 100
MAX_OTHERS: Final = 500  # cheap: none of them is answered more than a refusal

_EARLIEST: Final = 0.7  # of a deadline
_IPV6_PREFIX_BITS: Final = 64  # a subscriber has at least so many addresses (RFC 6177)


class Connection:
    """One connection in its place, with its deadlines."""

    def __init__(self, places: "Places", network: str, close: Callable[[], object]) -> None:
        """`close` ends the connection at once."""
        self.network = network
        self.close = close
        self.is_trusted = False
        self.is_busy = False
        """True while a request is answered; the others are closed first."""
        self._places = places
        self._deadlines: dict[str, asyncio.TimerHandle] = {}

    def trust(self) -> None:
        """Move the connection to the places of those who were let in."""
        if not self.is_trusted:
            self._places.remove(self)
            self.is_trusted = True
            self._places.add(self)

    def set_deadline(self, name: str, seconds: float) -> None:
        """Close the connection after this time or a little sooner; an earlier deadline of this name stays."""
        if name not in self._deadlines:
            # Many that connected together are not to come back together.
            delay_s = seconds * random.uniform(_EARLIEST, 1.0)  # noqa: S311  # no secret depends on it
            self._deadlines[name] = asyncio.get_running_loop().call_later(delay_s, self._expire)

    def cancel_deadline(self, name: str) -> None:
        """Cancel a deadline if there is one."""
        if name in self._deadlines:
            self._deadlines.pop(name).cancel()

    def leave(self) -> None:
        """Leave the place: the connection has ended, or is about to."""
        self._places.remove(self)
        while self._deadlines:
            self._deadlines.popitem()[1].cancel()

    def _expire(self) -> None:
        self.close()


class Places:
    """All connections of the server."""

    def __init__(self) -> None:
        # By network, each in the order of arrival; for those that are trusted, and for the others.
        self._networks: dict[bool, dict[str, dict[Connection, None]]] = {
            is_trusted: defaultdict(dict) for is_trusted in (True, False)
        }

    def open(self, address: str, close: Callable[[], object]) -> Connection:
        """Return a new connection from this address, which is not trusted yet."""
        connection = Connection(self, network_of(address), close)
        self.add(connection)
        return connection

    def add(self, connection: Connection) -> None:
        """Give the connection a place, and close another one if there are too many now."""
        networks = self._networks[connection.is_trusted]
        networks[connection.network][connection] = None
        if sum(map(len, networks.values())) > (MAX_TRUSTED if connection.is_trusted else MAX_OTHERS):
            largest = max(networks.values(), key=len)
            idle = (one for one in largest if not one.is_busy and one is not connection)
            loser = next(idle, next(iter(largest)))
            loser.leave()
            loser.close()

    def remove(self, connection: Connection) -> None:
        """Free the connection's place, if it has one."""
        networks = self._networks[connection.is_trusted]
        networks[connection.network].pop(connection, None)
        if not networks[connection.network]:
            del networks[connection.network]


def network_of(address: str) -> str:
    """Return the network that an address counts for: itself, or the 64 bits that a subscriber has with IPv6."""
    ip = ip_address(address)
    if isinstance(ip, IPv6Address):
        mapped = ip.ipv4_mapped
        return str(mapped or ip_network((int(ip), _IPV6_PREFIX_BITS), strict=False))
    return str(ip)
