"""Finds brokers that announce themselves by mDNS on this machine's own network interfaces."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from zeroconf import ServiceInfo, Zeroconf

from edge.setup.broker_search import FOUND, search_brokers
from models.subprocess_probe import run_python

MQTT, SECURE, HOME_ASSISTANT = "_mqtt._tcp.local.", "_secure-mqtt._tcp.local.", "_home-assistant._tcp.local."


@contextmanager
def announced(*services: tuple[str, str, int]) -> Iterator[None]:
    """Announce services, each with its type, name and port."""
    zeroconf = Zeroconf(interfaces=["127.0.0.1"])
    try:
        for kind, name, port in services:
            address = [socket.inet_aton("127.0.0.1")]
            zeroconf.register_service(
                ServiceInfo(kind, f"{name}.{kind}", port, addresses=address, server="ishara-test.local.")
            )
        yield
    finally:
        zeroconf.close()


def test_brokers_that_announce_themselves() -> None:
    with announced((MQTT, "Mosquitto", 18830), (SECURE, "Vault \u202e", 8883)):
        result = run_python(["-m", "edge.setup", "brokers"])
    assert result.succeeded
    found = {broker.port: broker for broker in FOUND.validate_json(result.text)}
    assert (found[18830].name, found[18830].host, found[18830].tls) == ("Mosquitto", "127.0.0.1", False)
    assert found[8883].tls
    assert found[8883].name.isprintable()


def test_nobody_announces_anything() -> None:
    began = time.monotonic()
    assert [broker for broker in search_brokers(0.5) if not broker.is_guess] == []
    assert time.monotonic() - began < 5.0


def test_home_assistant_is_a_hint_only_if_something_listens_at_its_host(monkeypatch: pytest.MonkeyPatch) -> None:
    with announced((HOME_ASSISTANT, "Home", 8123)):
        monkeypatch.setattr("edge.setup.broker_search._listens", lambda _host, _port: False)
        assert search_brokers(1.5) == ()
        monkeypatch.setattr("edge.setup.broker_search._listens", lambda host, _port: host != "localhost")
        hints = [broker for broker in search_brokers(1.5) if broker.name == "Home"]
    assert [(broker.port, broker.is_guess) for broker in hints] == [(1883, True)]


def test_machine_without_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> Zeroconf:
        raise OSError("no interface")

    monkeypatch.setattr("edge.setup.broker_search.Zeroconf", fail)
    monkeypatch.setattr("edge.setup.broker_search._listens", lambda _host, _port: False)
    assert search_brokers() == ()
