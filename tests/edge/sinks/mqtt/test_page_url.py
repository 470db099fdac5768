"""The address of the page in Home Assistant."""

from pathlib import Path
from typing import Any

import pytest

from edge.config import WebConfig
from edge.sinks.mqtt import page_url as module
from edge.sinks.mqtt.page_url import page_url


def web(address: str, **options: Any) -> WebConfig:
    return WebConfig(address=address, token_file=Path("token"), **options)


@pytest.mark.parametrize(
    ("address", "local", "expected"),
    [
        ("192.168.1.20", "10.0.0.7", "http://192.168.1.20:8300/live-signs"),
        ("entrance.local", "10.0.0.7", "http://entrance.local:8300/live-signs"),
        ("0.0.0.0", "10.0.0.7", "http://10.0.0.7:8300/live-signs"),
        ("::", "fd00::7", "http://[fd00::7]:8300/live-signs"),
        ("::", "fe80::7%eth0", "http://[fe80::7]:8300/live-signs"),
        ("127.0.0.1", "10.0.0.7", None),
        ("localhost", "10.0.0.7", None),
    ],
)
def test_page_has_the_address_that_others_reach(address: str, local: str, expected: str | None) -> None:
    assert page_url(web(address), local) == expected


def test_page_beside_its_broker_has_the_outward_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "outward_address", lambda: "10.0.0.9")
    assert page_url(web("0.0.0.0"), "127.0.0.1") == "http://10.0.0.9:8300/live-signs"
    monkeypatch.setattr(module, "outward_address", lambda: None)
    assert page_url(web("0.0.0.0"), "127.0.0.1") is None


def test_page_with_a_certificate_is_https() -> None:
    config = web("192.168.1.20", certificate_file=Path("page.pem"), port=443)
    assert page_url(config, None) == "https://192.168.1.20:443/live-signs"
    assert page_url(None, "10.0.0.7") is None
