"""The places for connections."""

import pytest

from edge.sinks.web import connections
from edge.sinks.web.connections import Connection, Places, network_of


class Crowd:
    """Connections with names, and the names of those that were closed."""

    def __init__(self) -> None:
        self._places = Places()
        self.closed: list[str] = []

    def connect(self, name: str, address: str = "192.0.2.1", *, is_busy: bool = False) -> Connection:
        """Connect from an address."""
        connection = self._places.open(address, lambda: self.closed.append(name))
        connection.is_busy = is_busy
        return connection


@pytest.fixture(autouse=True)
def few_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MAX_OTHERS", 3)
    monkeypatch.setattr(connections, "MAX_TRUSTED", 2)


def test_newcomer_gets_a_place_although_all_others_are_busy() -> None:
    crowd = Crowd()
    for number in range(3):
        crowd.connect(f"busy {number}", is_busy=True)
    crowd.connect("newcomer")
    assert crowd.closed == ["busy 0"]


def test_new_connection_takes_the_place_of_the_oldest_that_is_not_being_answered() -> None:
    crowd = Crowd()
    crowd.connect("busy", is_busy=True)
    crowd.connect("first")
    crowd.connect("second")
    crowd.connect("third")
    assert crowd.closed == ["first"]


def test_network_with_the_most_connections_loses_one() -> None:
    crowd = Crowd()
    crowd.connect("only one", "192.0.2.7")
    for number in range(3):
        crowd.connect(f"of many {number}")
    crowd.connect("another only one", "192.0.2.8")
    assert crowd.closed == ["of many 0", "of many 1"]


def test_trusted_connection_loses_its_place_to_trusted_ones_only() -> None:
    crowd = Crowd()
    crowd.connect("owner").trust()
    for number in range(10):
        crowd.connect(str(number))
    assert "owner" not in crowd.closed
    crowd.connect("visitor").trust()
    crowd.connect("next visitor").trust()
    assert crowd.closed[-1] == "owner"


def test_place_of_a_connection_that_has_ended_is_free() -> None:
    crowd = Crowd()
    for number in range(10):
        crowd.connect(str(number)).leave()
    assert crowd.closed == []


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
    ],
)
def test_addresses_of_one_subscriber_count_together(address: str, network: str) -> None:
    assert network_of(address) == network
