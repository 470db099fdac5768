"""The turns of visitors: nobody keeps a place for ever."""

import time
from contextlib import ExitStack, suppress

import pytest
from websockets.exceptions import ConnectionClosed

from edge.sinks.web.visitors import places, visitor_session
from edge.sinks.web.visitors.places import Places, PlacesTaken
from edge.sinks.web.visitors.visitors import Visitors
from tests.edge.sinks.web.visitor_server import PATIENCE_S, VisitorServer, grey, receive, receive_until


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(places, "time", clock)
    return clock


class Room:
    """Two places, and the names of those whose turn was ended."""

    def __init__(self) -> None:
        self._places = Places(2)
        self._stays = ExitStack()
        self.ended: list[str] = []

    def come(self, name: str, network: str) -> bool:
        """Come from a network, stay, and return True if there was a place."""
        try:
            self._stays.enter_context(self._places.take(network, lambda: self.ended.append(name)))
        except PlacesTaken:
            return False
        return True


def test_visitor_of_another_network_gets_the_place_of_one_that_has_all_soon(clock: Clock) -> None:
    room = Room()
    assert room.come("first", "a")
    clock.now = 5.0
    assert room.come("second", "a")
    assert not room.come("newcomer", "b")
    clock.now = 10.0
    assert room.come("newcomer", "b")
    assert room.ended == ["first"]


def test_visitors_of_different_networks_have_a_whole_turn(clock: Clock) -> None:
    room = Room()
    assert room.come("first", "a")
    assert room.come("second", "b")
    clock.now = 59.0
    assert not room.come("newcomer", "c")
    clock.now = 60.0
    assert room.come("newcomer", "c")
    assert room.ended == ["first"]


def test_crowd_of_one_network_waits_longer_than_others_and_gets_turns_too(clock: Clock) -> None:
    room = Room()
    assert room.come("first", "a")
    assert room.come("second", "a")
    clock.now = 119.0
    assert not room.come("third", "a")
    clock.now = 120.0
    assert room.come("third", "a")
    assert room.ended == ["first"]


def test_visitor_whose_turn_is_over_gets_the_reason_and_the_next_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "_SAME_TURN_S", 0.0)
    with VisitorServer(Visitors(1)) as server, server.visit() as first:
        first.send(b"\1" + grey())
        receive_until(first, "landmarks")
        with server.visit() as second:
            second.send(b"\1" + grey())
            assert "your turn is over" in receive(first)["error"]
            with pytest.raises(ConnectionClosed) as closed:
                first.recv(PATIENCE_S)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 4409
            receive_until(second, "landmarks")
            assert server.visitors.counts()["visitors"] == 1


def test_visitor_who_sends_nothing_valid_loses_the_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitor_session, "_IDLE_TIMEOUT_S", 1.0)
    with VisitorServer(Visitors(1)) as server, server.visit() as idler:
        idler.send(b"four")
        while "no valid message" not in receive(idler)["error"]:
            time.sleep(0.2)
            with suppress(ConnectionClosed):  # the place may be lost meanwhile; the reason is received next
                idler.send(b"four")
        with pytest.raises(ConnectionClosed) as closed:
            idler.recv(PATIENCE_S)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4408
